import { fingerprintOf } from '../access/tls/tls.ts'
import { type App, openApp } from '../app.ts'
import { reportCrashes } from '../crash-report.ts'
import { createLogger } from '../log.ts'
import { VERSION } from '../version.ts'
import { lanAddresses } from './addresses.ts'
import { banner } from './banner.ts'
import { configOf, parseFlags, settingsHelp } from './flags.ts'
import { invite } from './invite.ts'
import { offerModels } from './offer-models.ts'

/** `vigia serve`: the server until SIGINT or SIGTERM. */

const HELP = `vigia serve [options]

Starts the server. Options (also VIGIA_ variables and a file; see docs/configuration.md):

  --config FILE  settings from a YAML or JSON file [./vigia.yaml if it is there]
${settingsHelp()}`

export async function serve(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv)
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const { config } = configOf(settings)
  const log = createLogger(config.log)
  reportCrashes(config.dataDir, log)
  const stopped = stopSignal()
  const app = await openApp(config, { log })
  console.log(banner(factsOf(app)))
  if (!app.access.access.isOpen) console.log(invite(inviteOf(app)))
  log.info({ port: app.port, profile: config.profile }, 'listening')
  const closing = new AbortController()
  offerModels(app, { say: (line) => console.log(line), log, signal: closing.signal }).catch((error: unknown) => {
    if (!closing.signal.aborted) log.warn({ err: error }, 'models could not be looked at')
  })
  const signal = await stopped
  closing.abort(new Error('the server stops'))
  log.info({ signal }, 'stopping')
  await app[Symbol.asyncDispose]()
  log.info({}, 'stopped')
  return 0
}

const factsOf = (app: App) => ({
  version: VERSION,
  url: app.url,
  host: app.config.host,
  port: app.port,
  dataDir: app.config.dataDir,
  engines: app.engines.info(),
  addresses: lanAddresses(),
})

const inviteOf = ({ access, port, config }: App) => ({
  addresses: lanAddresses(),
  port,
  secure: access.tls !== null,
  firstKey: access.firstKey,
  fingerprint: access.tls && config.tls.auto ? fingerprintOf(access.tls) : null,
})

/** Resolves at the first signal to stop; a second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(1)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}
