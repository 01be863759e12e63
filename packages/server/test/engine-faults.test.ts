import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wordErrorRate } from '../src/analysis/metrics/wer.ts'
import { openSherpaAsr } from '../src/engines/adapters/sherpa/sherpa.ts'
import { toneEmbeddingModel, toneSegmentationModel } from '../src/engines/adapters/sherpa/testing/onnx-writer.ts'
import type { Asr, Decode } from '../src/engines/asr.ts'
import { ENGINE_CALL_STARTED, type EngineProcess, startEngineProcess } from '../src/engines/host/engine-process.ts'
import { retryOnce } from '../src/engines/host/retry-once.ts'
import { FAKE_ENGINE, type FakeCalls } from '../src/engines/host/testing/fake-calls.ts'
import { offlineAsr } from '../src/engines/offline-asr.ts'
import { fixturePcm } from './helpers/audio.ts'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'
import { addModel } from './helpers/tone-voices.ts'

/**
 * Faults of engines through the whole server: the session that meets one ends with its report or with one clear error
 * on the affected part; the sessions beside it and the server do not notice.
 */

const PCM = fixturePcm('es-01-reunion')
const REFERENCE = await readFile(path.join(import.meta.dirname, 'fixtures/audio/es-01-reunion.txt'), 'utf8')
/** The demo model's own figure on this recording, with room. */
const MAX_WER = 0.2

type Fault = (engine: EngineProcess<FakeCalls>, signal: AbortSignal) => Promise<unknown>

/** What goes wrong in a decode; the child is a real process each time. */
const FAULTS: Readonly<Record<string, Fault>> = {
  killed: (engine, signal) => engine.call('kill', 'SIGKILL', { deadlineMs: 10_000, signal }),
  exits: (engine, signal) => engine.call('exit', 255, { deadlineMs: 10_000, signal }),
  hangs: (engine, signal) => engine.call('block', 60_000, { deadlineMs: 300, signal }),
  floods: (engine, signal) => engine.call('flood', 16, { deadlineMs: 20_000, signal }),
  babbles: (engine, signal) => engine.call('garbage', null, { deadlineMs: 10_000, signal }),
}

/** A recognizer in a process of its own that meets a fault at each decode; if it lives, it hears one phrase. */
async function faultyAsr(fault: Fault): Promise<Asr> {
  const engine = await startEngineProcess<FakeCalls>({ entry: FAKE_ENGINE, name: 'faulty' })
  const decode: Decode = async (_samples, _options, signal) => {
    await retryOnce(() => fault(engine, signal))
    return { text: 'sigue en pie', words: [] }
  }
  return offlineAsr({
    id: 'faulty',
    model: 'none',
    capabilities: {
      interim: false,
      wordTimes: false,
      confidence: false,
      punctuation: false,
      languages: ['es'],
      detectsLanguage: false,
      hotwords: false,
      speakers: false,
      maxUtteranceMs: 30_000,
    },
    decode,
    dispose: async () => engine[Symbol.asyncDispose](),
  })
}

/** The real recognizer, but for sessions whose first hotword names a fault and the pass that meets it. */
function withFaults(good: Asr, faulty: ReadonlyMap<string, () => Promise<Asr>>): Asr {
  return {
    ...good,
    async *transcribe(audio, options, signal) {
      const open = faulty.get(`${options.hotwords?.[0]} ${options.purpose}`) ?? faulty.get(options.hotwords?.[0] ?? '')
      yield* (open ? await open() : good).transcribe(audio, options, signal)
    },
  }
}

/** One whole session; `name` is what it is told to meet. */
async function session(url: string, name?: string) {
  await using client = await LiveClient.connect(url)
  const ack = await client.open({ ...(name ? { hotwords: [name.replace(/ (live|final)$/, '')] } : {}) })
  await client.audio(PCM, 3200, 5)
  if (name === 'killed-live' || name === 'hangs-live') {
    // silence ends the utterance, so that its live text fails before the stream ends and is not left to the second pass
    await client.audio(new Uint8Array(48_000))
    await client.next('error', 0, 60_000)
  }
  client.send({ type: 'end_of_stream' })
  const { text } = await client.next('final_result', 0, 60_000)
  const { report } = await client.next('analysis', 0, 60_000)
  return { ack, text, report, live: client.all('segment'), errors: client.all('error').map(({ code }) => code) }
}

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-faults-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('engines that fail under one session', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  const opened: Asr[] = []
  const faulty = new Map<string, () => Promise<Asr>>()
  beforeAll(async () => {
    for (const [name, fault] of Object.entries(FAULTS)) {
      for (const key of [`${name}-live live`, `${name}-final final`]) {
        const asr = await faultyAsr(fault)
        opened.push(asr)
        faulty.set(key, async () => asr)
      }
    }
    const cut = await cutRecognizer(path.join(dir, 'cut'))
    faulty.set('cut-model', () => openSherpaAsr(cut))
    server = await startTestServer(
      {},
      {
        wrapEngines: (engines) => ({
          ...engines,
          liveAsr: withFaults(engines.liveAsr, faulty),
          finalAsr: withFaults(engines.finalAsr, faulty),
        }),
      },
    )
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await Promise.all(opened.map((asr) => asr[Symbol.asyncDispose]()))
  })

  it('leave the others alone, and that session with its report', async () => {
    const bystander = session(server.url)
    const [killedLive, hangsLive, exitsFinal, hangsFinal, cut] = await Promise.all([
      session(server.url, 'killed-live'),
      session(server.url, 'hangs-live'),
      session(server.url, 'exits-final'),
      session(server.url, 'hangs-final'),
      session(server.url, 'cut-model'),
    ])
    // Live text failed: one error for that utterance, and the second pass has it all.
    for (const [failed, code] of [
      [killedLive, 'engine_crashed'],
      [hangsLive, 'engine_timeout'],
    ] as const) {
      expect(new Set(failed.errors)).toEqual(new Set([code]))
      expect(failed.live).toEqual([])
      expect(wordErrorRate(REFERENCE, failed.text)).toBeLessThanOrEqual(MAX_WER)
    }
    // The second pass failed: the report rests on the live text and says so.
    for (const failed of [exitsFinal, hangsFinal]) {
      expect(failed.errors).toHaveLength(1)
      expect(failed.live.length).toBeGreaterThan(0)
      expect(wordErrorRate(REFERENCE, failed.text)).toBeLessThanOrEqual(MAX_WER)
      expect(failed.report.analysis.warnings.map(({ code }) => code)).toContain(failed.errors[0])
    }
    // Neither pass: no text, no invention, the reason.
    expect(new Set(cut.errors)).toEqual(new Set(['model_invalid']))
    expect(cut.text).toBe('')
    expect(cut.report.transcript).toEqual([])
    expect(cut.report.analysis.warnings.map(({ code }) => code)).toContain('model_invalid')

    const unharmed = await bystander
    expect(unharmed.errors).toEqual([])
    expect(wordErrorRate(REFERENCE, unharmed.text)).toBeLessThanOrEqual(MAX_WER)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  }, 90_000)

  it('may flood their output or babble on their channel, and are heard all the same', async () => {
    const [floods, babbles] = await Promise.all([session(server.url, 'floods-live'), session(server.url, 'babbles-final')])
    expect(floods.errors).toEqual([])
    expect(floods.live.map(({ text }) => text).join(' ')).toContain('sigue en pie')
    expect(babbles.errors).toEqual([])
    expect(babbles.text).toContain('sigue en pie')
  }, 60_000)
})

describe('the recognizer of all sessions', () => {
  it('killed in the middle of a decode, is started again and nobody misses a word', async () => {
    await using server = await startTestServer()
    const killed: number[] = []
    const onCall = (message: unknown): void => {
      const { method, engine } = message as { method: string; engine: string }
      if (method !== 'decode' || !engine.startsWith('sherpa') || killed.length > 0) return
      killed.push(0)
      // The call is on its way in this turn of the loop; a few ms later the child decodes.
      setTimeout(() => void killChild('adapters/sherpa/child.ts').then((pid) => (killed[0] = pid)), 4)
    }
    ENGINE_CALL_STARTED.subscribe(onCall)
    try {
      const both = await Promise.all([session(server.url), session(server.url)])
      expect(killed[0]).toBeGreaterThan(0)
      for (const { errors, text } of both) {
        expect(errors).toEqual([])
        expect(wordErrorRate(REFERENCE, text)).toBeLessThanOrEqual(MAX_WER)
      }
      expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/engine_restarts_total\{[^}]*sherpa[^}]*\} 1/)
      const reports = await readdir(path.join(server.dataDir, 'crashes'))
      const report = JSON.parse(await readFile(path.join(server.dataDir, 'crashes', reports[0]!), 'utf8'))
      expect([reports.length, report]).toMatchObject([1, { kind: 'engine_death', engine: { reason: 'SIGKILL', deaths: 1 } }])
    } finally {
      ENGINE_CALL_STARTED.unsubscribe(onCall)
    }
  }, 60_000)
})

describe('a model file that was cut off', () => {
  it('of an optional engine is told in config_ack, and sessions end with their report', async () => {
    const modelsDir = path.join(dir, 'models')
    await addModel(modelsDir, 'seg', 'segmentation', toneSegmentationModel().subarray(0, 400))
    await addModel(modelsDir, 'emb', 'embedding', toneEmbeddingModel())
    await using server = await startTestServer({
      modelsDir,
      engines: { diarizer: { adapter: 'sherpa', segmentation: 'seg', embedding: 'emb' } },
    })
    const { ack, report, errors, text } = await session(server.url)
    expect(ack.engines.diarizer).toMatchObject({ available: false })
    expect(ack.engines.diarizer?.note).toMatch(/model/)
    expect(errors).toEqual([])
    expect(wordErrorRate(REFERENCE, text)).toBeLessThanOrEqual(MAX_WER)
    expect(report.transcript.length).toBeGreaterThan(0)
  }, 60_000)
})

async function cutRecognizer(folder: string) {
  await mkdir(folder, { recursive: true })
  const source = path.join(import.meta.dirname, '../../../models/tiny-es-asr')
  const bytes = await readFile(path.join(source, 'model.int8.onnx'))
  const model = path.join(folder, 'model.onnx')
  const tokens = path.join(source, 'tokens.txt')
  await writeFile(model, bytes.subarray(0, bytes.length / 2))
  return { id: 'cut', files: { family: 'nemo_ctc' as const, model }, tokens, languages: ['es'] }
}

/** Ends the child process of this one that runs the module. @returns its process id, 0 when there is none */
async function killChild(module: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [stat = '', command = ''] = await Promise.all(
      ['stat', 'cmdline'].map((name) => readFile(`/proc/${entry}/${name}`, 'utf8').catch(() => '')),
    )
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (parent !== process.pid || !command.includes(module)) continue
    process.kill(Number(entry), 'SIGKILL')
    return Number(entry)
  }
  return 0
}
