import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import { readWav } from '../media/wav.ts'
import { openPrivateApp } from './analyze.ts'
import { demoPhotos } from './demo-photos.ts'
import { DemoScreen } from './demo-screen.ts'
import { streamDemo } from './demo-stream.ts'
import { parseFlags } from './flags.ts'
import { printReport } from './print-report.ts'

/** `vigia demo`: a recorded conversation and photos, as a phone would send them, and what comes back. */

const HELP = `vigia demo [options]

Streams a recorded two-voice conversation and three photos into a running server, prints what comes back live, then the report.
Where no server answers, one is started in a temporary folder.

  --url URL     the server [http://127.0.0.1:8000]
  --own         start a server in any case
  --speed N     times real time, 0.5 to 20 [4]
  --file WAV    another recording (WAV, mono)
  --json        print the report as JSON`

const DEFAULT_URL = 'http://127.0.0.1:8000'
const RECORDING = new URL('../../test/fixtures/audio/es-dialogo.wav', import.meta.url)

export async function demo(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    url: { type: 'string' },
    own: { type: 'boolean' },
    speed: { type: 'string' },
    file: { type: 'string' },
    json: { type: 'boolean' },
  })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const speed = speedOf(own.speed)
  const { samples, sampleRate, channels } = readWav(await readFile(typeof own.file === 'string' ? own.file : RECORDING))
  if (channels !== 1) throw new VigiaError('invalid_audio_format', `Expected a mono recording, got ${channels} channels.`)

  await using stack = new AsyncDisposableStack()
  const url = own.own ? await startServer(settings, stack) : await findServer(own.url as string | undefined, settings, stack)
  const screen = new DemoScreen(own.json ? process.stderr : process.stdout)
  const report = await streamDemo({
    url,
    samples,
    sampleRate,
    photos: demoPhotos(),
    speed,
    onMessage: (message) => screen.message(message),
    onPhoto: (photo, answer) => {
      if (answer instanceof Error) screen.line(`  !    ${photo.name}: ${answer.message}`)
      else screen.photo(photo.name, answer)
    },
  })
  screen.end()
  if (!report) {
    console.error('vigia: the server gave no report.')
    return 1
  }
  console.log(own.json ? JSON.stringify(report) : printReport(report, { styled: process.stdout.isTTY }))
  return 0
}

function speedOf(text: unknown = '4'): number {
  const speed = Number(text)
  if (speed >= 0.5 && speed <= 20) return speed
  throw new VigiaError('invalid_request', `--speed: expected a number from 0.5 to 20, got ${JSON.stringify(text)}.`)
}

type Settings = Record<string, string | boolean | undefined>

/** The named server, the one at the default address, or one of our own, and says which. */
async function findServer(named: string | undefined, settings: Settings, stack: AsyncDisposableStack): Promise<string> {
  const url = (named ?? DEFAULT_URL).replace(/\/+$/, '')
  if (await answers(url)) {
    console.error(`Using the server at ${url}.`)
    return url
  }
  if (named) {
    throw new VigiaError('invalid_request', `Expected a server at ${named}, got no answer.`, {
      hint: 'Start one with npm start.',
    })
  }
  console.error(`No server answers at ${url}.`)
  return startServer(settings, stack)
}

async function startServer(settings: Settings, stack: AsyncDisposableStack): Promise<string> {
  const { app } = stack.use(await openPrivateApp(settings))
  console.error(`A server was started at ${app.url} in a temporary folder.`)
  return app.url
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1500) })
    return answer.ok
  } catch {
    return false
  }
}
