import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Encoding, type Report, VigiaError } from '@vigia/protocol'
import { type App, openApp } from '../app.ts'
import { createLogger } from '../log.ts'
import { SNIFF_BYTES } from '../media/sniff.ts'
import { modelsDirOf } from '../models/folder.ts'
import { encodingOf } from '../protocols/http/upload.ts'
import type { SessionEvent } from '../session/service.ts'
import { configOf, parseFlags } from './flags.ts'
import { printReport } from './print-report.ts'
import { ProgressBar } from './progress-bar.ts'

/** `vigia analyze FILE…`: recordings to reports, in this process, with nothing left behind. */

const HELP = `vigia analyze FILE… [options] [settings]

Transcribes recordings (WAV, FLAC, MP3, Ogg/Opus, WebM/Opus) and prints their reports. Nothing is kept unless --data-dir is given.

  --json             the report as JSON, one line each
  --language TAG     what is spoken [es]
  --speakers N       how many speak, when known
  --no-diarize       do not tell speakers apart`

interface Options {
  language: string
  diarize: boolean
  speakers?: number
}

export async function analyzeFiles(argv: string[]): Promise<number> {
  const { own, settings, positionals } = parseFlags(argv, {
    json: { type: 'boolean' },
    language: { type: 'string' },
    speakers: { type: 'string' },
    diarize: { type: 'boolean' },
  })
  if (own.help || positionals.length === 0) {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  await using app = await openPrivateApp(settings)
  const options: Options = {
    language: typeof own.language === 'string' ? own.language : 'es',
    diarize: own.diarize !== false,
    speakers: own.speakers === undefined ? undefined : speakersOf(own.speakers),
  }
  let failed = 0
  for (const file of positionals) {
    const report = await analyzeOne(app.app, file, options).catch((error: unknown) => {
      if (!VigiaError.is(error) && (error as NodeJS.ErrnoException).code === undefined) throw error
      console.error(`vigia: ${file}: ${(error as Error).message}`)
      return null
    })
    if (report) console.log(own.json ? JSON.stringify(report) : printReport(report, { styled: process.stdout.isTTY }))
    else failed++
  }
  return failed > 0 ? 1 : 0
}

function speakersOf(text: unknown): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 20) return count
  throw new VigiaError('invalid_request', `--speakers: expected a number from 1 to 20, got ${JSON.stringify(text)}.`)
}

/** A server of our own on a free port of loopback, in a temporary folder unless one is named. */
export async function openPrivateApp(
  settings: Record<string, string | boolean | undefined>,
): Promise<{ app: App } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const folder = settings['data-dir'] ?? (await temporaryFolder(stack))
  // Sessions go to the folder of this run; models are where they always are.
  const modelsDir = modelsDirOf(configOf(settings).config)
  const { config } = configOf({
    'log.level': 'warn',
    'models-dir': modelsDir,
    ...settings,
    'data-dir': folder,
    host: '127.0.0.1',
    port: '0',
  })
  const app = stack.use(await openApp(config, { log: createLogger(config.log) }))
  const kept = stack.move()
  return { app, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function temporaryFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigia-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** @throws VigiaError what the upload or the analysis failed with */
async function analyzeOne(app: App, file: string, options: Options): Promise<Report> {
  const encoding = await encodingOfFile(file)
  const sessionId = randomUUID()
  const bar = new ProgressBar(process.stderr, basename(file))
  const closed = whenClosed(app, sessionId, bar)
  closed.catch(() => {}) // awaited below; an upload that fails first must not leave it unheard
  try {
    await app.sessions.ingest({
      ...options,
      bytes: createReadStream(file),
      name: basename(file),
      encoding,
      sampleRate: 16000,
      channels: 1,
      analyze: true,
      owner: null,
      sessionId,
    })
    await closed
  } finally {
    bar.end()
  }
  const report = await app.store.reports.get(sessionId)
  if (!report) throw new VigiaError('analysis_failed', 'Expected a report, got none.')
  return report
}

async function encodingOfFile(file: string): Promise<Encoding> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0)
  return encodingOf(buffer.subarray(0, bytesRead))
}

/** Resolves when the session needs nothing more. */
function whenClosed(app: App, sessionId: string, bar: ProgressBar): Promise<void> {
  return new Promise((resolve) => {
    const stop = app.sessions.subscribe(sessionId, (event: SessionEvent) => {
      if (event.type === 'progress') bar.update(event.stage, event.done, event.total)
      if (event.type === 'closed') {
        stop()
        resolve()
      }
    })
  })
}
