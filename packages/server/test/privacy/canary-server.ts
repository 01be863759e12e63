import { openApp } from '../../src/app.ts'
import { type ConfigInput, ConfigSchema } from '../../src/config/schema.ts'
import { reportCrashes } from '../../src/crash-report.ts'
import { energyVad } from '../../src/eval/live/scripted-engines.ts'
import { createLogger } from '../../src/log.ts'
import { scriptedLlm, scriptedTts, withEngines } from '../compat/helpers/scripted.ts'
import { canaryAsr, canaryVision } from './canary-engines.ts'

/**
 * A server process whose engines say nothing but the canary word: `node canary-server.ts SETTINGS_JSON CANARY` prints its URL.
 * SIGUSR2 makes it crash with the word in the exception.
 */

const [settings = '{}', canary = ''] = process.argv.slice(2)
const config = ConfigSchema.parse({ port: 0, profile: 'embedded', ...(JSON.parse(settings) as ConfigInput) })
const log = createLogger(config.log)
reportCrashes(config.dataDir, log)

const llm = scriptedLlm()
llm.otherwise = { text: `Respondo ${canary} y nada más.` }
llm.when(/falla/, { error: new Error(`the model choked on ${canary}`) })
const asr = canaryAsr(canary)
const engines = { vad: energyVad, liveAsr: asr, finalAsr: asr, llm, tts: scriptedTts(), vision: canaryVision(canary) }
const app = await openApp(config, { log, wrapEngines: withEngines(engines as never) })
process.stdout.write(`${app.url}\n`)

process.on('SIGUSR2', () => {
  setImmediate(() => {
    throw new Error(`lost while saying ${canary}`, { cause: new TypeError(canary) })
  })
})
process.on('SIGTERM', () => void app[Symbol.asyncDispose]().then(() => process.exit(0)))
