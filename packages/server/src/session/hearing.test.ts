import { setTimeout as sleep } from 'node:timers/promises'
import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import type { Asr, AsrCapabilities } from '../engines/asr.ts'
import { VAD_WINDOW, type VadStream } from '../engines/vad.ts'
import { createDecoder } from '../media/decoder.ts'
import type { AudioRecord } from '../store/store.ts'
import { DEFAULT_ENDPOINTING } from './endpointing.ts'
import { Hearing, type HearingEvent, type HearingOptions } from './hearing.ts'

const CAPABILITIES: AsrCapabilities = {
  interim: true,
  wordTimes: false,
  confidence: false,
  punctuation: false,
  languages: 'any',
  detectsLanguage: true,
  hotwords: false,
  speakers: false,
  maxUtteranceMs: 30_000,
}

/** "Hears" the loudest sample of the utterance, so that a test knows which speech came through. */
function levelAsr(overrides: Partial<Asr> = {}): Asr {
  return {
    id: 'level',
    model: 'level',
    capabilities: CAPABILITIES,
    async *transcribe(audio) {
      let peak = 0
      let startMs = -1
      let endMs = 0
      for await (const chunk of audio) {
        if (startMs < 0) startMs = chunk.startMs
        endMs = chunk.startMs + chunk.samples.length / 16
        for (const sample of chunk.samples) peak = Math.max(peak, sample)
      }
      yield { type: 'final', text: `nivel ${peak}`, startMs, endMs, words: [] }
    },
    async [Symbol.asyncDispose]() {},
    ...overrides,
  }
}

function levelVad(delayMs = 0): VadStream {
  return {
    async score(windows) {
      if (delayMs > 0) await sleep(delayMs)
      return Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, i) => (windows[i * VAD_WINDOW + 100] === 0 ? 0 : 1))
    },
    [Symbol.dispose]() {},
  }
}

/** The stored stream of a session, in memory. */
class Stream {
  readonly records: AudioRecord[] = []
  appendedBytes = 0
  reads = 0

  add(bytes: Uint8Array): void {
    this.records.push({ kind: 'audio', offset: this.appendedBytes, bytes })
    this.appendedBytes += bytes.length
  }

  addGap(ms: number): void {
    this.records.push({ kind: 'gap', gap: { atByte: this.appendedBytes, ms, reason: 'other' } })
  }

  async flush(): Promise<void> {}

  async *read(from: number): AsyncIterable<AudioRecord> {
    this.reads += 1
    for (const record of [...this.records]) {
      if (
        record.kind === 'gap' ? record.gap.atByte >= from : record.kind === 'audio' && record.offset + record.bytes.length > from
      ) {
        if (record.kind === 'audio' && record.offset < from) {
          yield { ...record, offset: from, bytes: record.bytes.subarray(from - record.offset) }
        } else yield record
      }
    }
  }
}

const pcm = (...runs: [number, number][]): Uint8Array => {
  const samples = Int16Array.from(runs.flatMap(([value, seconds]) => new Array(Math.round(seconds * 16000)).fill(value)))
  return new Uint8Array(samples.buffer)
}

async function start(stream: Stream, overrides: Partial<HearingOptions> = {}) {
  const events: HearingEvent[] = []
  const hearing = new Hearing({
    decoder: await createDecoder({ encoding: 'pcm16', sampleRate: 16000, channels: 1 }),
    vad: levelVad(),
    asr: levelAsr(),
    source: stream,
    endpointing: DEFAULT_ENDPOINTING,
    language: 'es',
    emit: (event) => events.push(event),
    ...overrides,
  })
  const send = (bytes: Uint8Array): void => {
    stream.add(bytes)
    hearing.push(bytes)
  }
  return { hearing, events, send }
}

const texts = (events: HearingEvent[]): string[] => events.flatMap((e) => (e.type === 'final' ? [e.segment.text] : []))

describe('Hearing', () => {
  it('tells speech, its end, and the text of each utterance in order', async () => {
    const { hearing, events, send } = await start(new Stream())
    for (const [value, seconds] of [
      [0, 1],
      [500, 1],
      [0, 1],
      [900, 1],
      [0, 1],
    ] as const)
      send(pcm([value, seconds]))
    await hearing.finish()
    expect(texts(events)).toEqual(['nivel 500', 'nivel 900'])
    expect(events.map((e) => e.type).filter((t) => t.startsWith('speech'))).toEqual([
      'speech_started',
      'speech_stopped',
      'speech_started',
      'speech_stopped',
    ])
    const started = events.find((e) => e.type === 'speech_started')!
    expect(started).toMatchObject({ atMs: expect.closeTo(1000, -2) })
  })

  it('reads on from disk when it falls behind, and loses nothing', async () => {
    const stream = new Stream()
    const { hearing, events, send } = await start(stream, { vad: levelVad(3) })
    for (let i = 1; i <= 40; i++) send(pcm([i * 100, 1], [0, 1])) // 80 s at once; 30 s may wait in memory
    stream.addGap(5000)
    hearing.gap(5000)
    send(pcm([7777, 1], [0, 1]))
    await hearing.finish()
    expect(stream.reads).toBeGreaterThan(0)
    expect(texts(events)).toEqual([...Array.from({ length: 40 }, (_, i) => `nivel ${(i + 1) * 100}`), 'nivel 7777'])
    const last = events.filter((e) => e.type === 'final').at(-1)!
    expect(last.type === 'final' && last.segment.start).toBeCloseTo(85, 0)
  })

  it('ends the utterance at a gap and counts the gap into the timeline', async () => {
    const stream = new Stream()
    const { hearing, events, send } = await start(stream)
    send(pcm([500, 1]))
    stream.addGap(60_000)
    hearing.gap(60_000)
    send(pcm([900, 1], [0, 1]))
    await hearing.finish()
    const finals = events.flatMap((e) => (e.type === 'final' ? [e.segment] : []))
    expect(finals.map((f) => [f.text, Math.round(f.start)])).toEqual([
      ['nivel 500', 0],
      ['nivel 900', 61],
    ])
  })

  it('listens again from behind the last final text after a restart, gaps included', async () => {
    const stream = new Stream()
    stream.add(pcm([500, 1], [0, 1]))
    stream.addGap(10_000)
    stream.add(pcm([700, 1], [0, 1]))
    const { hearing, events, send } = await start(stream, { listenFromMs: 2000, firstUtterance: 2, storedGaps: 1 })
    send(pcm([900, 1], [0, 1]))
    await hearing.finish()
    const finals = events.flatMap((e) => (e.type === 'final' ? [e.segment] : []))
    expect(finals.map((f) => [f.id, f.text, Math.round(f.start)])).toEqual([
      ['u2', 'nivel 700', 12],
      ['u3', 'nivel 900', 14],
    ])
  })

  it('goes on behind a voice detector that fails, and says so', async () => {
    let calls = 0
    const vad = levelVad()
    const failing: VadStream = {
      score: (windows) => (++calls === 2 ? Promise.reject(new VigiaError('engine_crashed', 'gone')) : vad.score(windows)),
      [Symbol.dispose]() {},
    }
    const { hearing, events, send } = await start(new Stream(), { vad: failing })
    send(pcm([0, 1]))
    await sleep(5)
    send(pcm([500, 1]))
    await sleep(5)
    send(pcm([900, 1], [0, 1]))
    await hearing.finish()
    expect(events.filter((e) => e.type === 'error')).toHaveLength(1)
    expect(texts(events)).toEqual(['nivel 900'])
    const final = events.find((e) => e.type === 'final')!
    expect(final.type === 'final' && final.segment.start).toBeCloseTo(2, 0)
  })

  it('tells which utterance a failing recognizer lost, and hears the next', async () => {
    let calls = 0
    const working = levelAsr()
    const asr = levelAsr({
      transcribe(audio, options, signal) {
        if (++calls === 1) throw new VigiaError('asr_failed', 'no')
        return working.transcribe(audio, options, signal)
      },
    })
    const { hearing, events, send } = await start(new Stream(), { asr })
    send(pcm([500, 1], [0, 1], [900, 1], [0, 1]))
    await hearing.finish()
    expect(events.find((e) => e.type === 'error')).toMatchObject({ item: 'u1' })
    expect(texts(events)).toEqual(['nivel 900'])
  })

  it('is deaf to a stream that is not what was announced, says so once, and does not throw', async () => {
    const { hearing, events, send } = await start(new Stream(), {
      decoder: await createDecoder({ encoding: 'wav', sampleRate: 16000, channels: 1 }),
    })
    for (let i = 0; i < 5; i++) send(new TextEncoder().encode('this is no wave file at all, sorry. '.repeat(20)))
    await hearing.finish()
    expect(events.filter((e) => e.type === 'error')).toHaveLength(1)
  })

  it('tells damage at most once a second of stream, and all of it', async () => {
    const decoder = await createDecoder({ encoding: 'pcm16', sampleRate: 16000, channels: 1 })
    const damaged = {
      ...decoder,
      decode: (bytes: Uint8Array) => decoder.decode(bytes),
      end: () => decoder.end(),
      free() {},
      takeDamage: () => [{ bytes: 10, reason: 'bad', atMs: 0 }],
    }
    const { hearing, events, send } = await start(new Stream(), { decoder: damaged })
    for (let i = 0; i < 300; i++) send(pcm([0, 0.01]))
    await hearing.finish()
    const told = events.flatMap((e) => (e.type === 'damage' ? [e.bytes] : []))
    expect(told.length).toBeLessThanOrEqual(5)
    expect(told.reduce((a, b) => a + b)).toBe(3010)
  })

  it('emits nothing after stop', async () => {
    const { hearing, events, send } = await start(new Stream(), { vad: levelVad(20) })
    send(pcm([500, 1], [0, 1]))
    hearing.stop()
    const before = events.length
    await sleep(60)
    expect(events).toHaveLength(before)
  })
})

it('counts utterances that wait for the recognizer as lag', async () => {
  const freed = Promise.withResolvers<void>()
  const busy = levelAsr({
    async *transcribe(audio) {
      for await (const _ of audio);
      await freed.promise
      yield { type: 'final', text: 'tarde', startMs: 0, endMs: 500, words: [] }
    },
  })
  const { hearing, events, send } = await start(new Stream(), { asr: busy })
  send(pcm([900, 1], [0, 1.5]))
  await expect.poll(() => events.some(({ type }) => type === 'speech_stopped')).toBe(true)
  const before = hearing.lagMs
  send(pcm([0, 3]))
  await expect.poll(() => hearing.unheardMs).toBe(0)
  expect(hearing.lagMs - before).toBe(3000)
  freed.resolve()
  await hearing.textsOut
  expect([hearing.lagMs, events.filter(({ type }) => type === 'final').length]).toEqual([0, 1])
  hearing.stop()
})
