import { type Segment, VigiaError } from '@vigia/protocol'
import type { Asr } from '../engines/asr.ts'
import type { PcmChunk } from '../engines/audio.ts'
import type { Familiarity } from '../engines/speakers/enrolment.ts'
import type { VadStream } from '../engines/vad.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import { BoundedQueue } from '../std/bounded-queue.ts'
import type { AudioRecord } from '../store/store.ts'
import type { EndpointingOptions } from './endpointing.ts'
import type { LiveVoices } from './live-voices.ts'
import { msToSamples, StreamClock, samplesToMs } from './stream-clock.ts'
import { type CutterEvent, UtteranceCutter } from './utterance-cutter.ts'
import { UtteranceTexts } from './utterance-texts.ts'

/**
 * Listens to one session while it lasts: decode → VAD → endpointing → recognizer. It hears what the store already has
 * in hand; when it falls behind it forgets what waits in memory and reads on from disk, so that a slow recognizer costs
 * latency of text and no memory.
 */

/** Where the bytes can be read again. */
export interface HearingSource {
  readonly appendedBytes: number
  flush(): Promise<void>
  read(fromByte: number): AsyncIterable<AudioRecord>
}

export type HearingEvent =
  | { type: 'speech_started'; atMs: number; utteranceId: string }
  | { type: 'speech_stopped'; atMs: number }
  | { type: 'pause'; atMs: number }
  | { type: 'resume'; atMs: number }
  | { type: 'interim'; utteranceId: string; text: string; startMs: number; confirmedChars: number }
  /** `throughByte`: the audio it rests on ends at or before this byte of the stream. */
  | { type: 'final'; segment: Segment; throughByte: number }
  /** Follows the last final text of an utterance; `segments` are all of them, perhaps none. */
  | { type: 'utterance_done'; utteranceId: string; segments: Segment[]; familiarity: Familiarity | null }
  | { type: 'damage'; atMs: number; bytes: number; reason: string }
  | { type: 'error'; error: unknown; item?: string }

export interface HearingOptions {
  decoder: AudioDecoder
  vad: VadStream
  asr: Asr
  source: HearingSource
  endpointing: EndpointingOptions
  language: string
  hotwords?: readonly string[]
  /** Number of the first utterance. */
  firstUtterance?: number
  /** Resume: read the stored stream again from its start and listen from here on. */
  listenFromMs?: number
  /** Gaps already stored, when resuming. */
  storedGaps?: number
  /** Tells speakers apart while they talk; without it final text has no speaker yet. */
  voices?: LiveVoices | undefined
  emit: (event: HearingEvent) => void
  /** Hears everything that the voice detector hears: for those who judge by sound. */
  tap?: ((chunk: PcmChunk) => void) | undefined
}

/** Audio that may wait in memory, milliseconds; beyond it hearing reads on from disk. */
const MAX_WAITING_MS = 30_000
/** Most items in the queue besides the audio bound: decoded chunks of one message each. */
const MAX_WAITING_SAMPLES = msToSamples(10 * 60_000)

/** Damage is told at this pace, milliseconds of the stream. */
const DAMAGE_EVERY_MS = 1000

const NOTHING = new Int16Array(0)

type Item =
  | { kind: 'audio'; samples: Int16Array; at: number; byte: number }
  | { kind: 'gap'; to: number }
  | { kind: 'catch_up' }
  | { kind: 'configure'; endpointing: EndpointingOptions }
  | { kind: 'end_utterance'; done: () => void }

export class Hearing {
  readonly #options: HearingOptions
  readonly #queue = new BoundedQueue<Item>({
    capacity: MAX_WAITING_SAMPLES,
    sizeOf: (item) => (item.kind === 'audio' ? item.samples.length : 1),
  })
  readonly #clock = new StreamClock()
  #maxUtteranceMs: number
  readonly #cutter: UtteranceCutter
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  /** First byte of the stream that was not decoded. */
  #cursor = 0
  #gapsAtCursor = 0
  #gapsHeard = 0
  #gapsDeclared: number
  #spilled = false
  #deaf = false
  #damage: { atMs: number; bytes: number; reason: string } | null = null
  #damageToldMs = -1
  readonly #texts: UtteranceTexts

  constructor(options: HearingOptions) {
    this.#options = options
    this.#texts = new UtteranceTexts({ ...options, first: options.firstUtterance ?? 1, signal: this.#abort.signal })
    this.#gapsDeclared = options.storedGaps ?? 0
    this.#maxUtteranceMs = options.endpointing.maxUtteranceMs
    this.#cutter = new UtteranceCutter(options.vad, options.endpointing, msToSamples(options.listenFromMs ?? 0))
    if (options.listenFromMs !== undefined) this.#spill()
    this.#done = this.#run()
    this.#done.catch(() => {})
  }

  /** Milliseconds on the timeline that were decoded. */
  get receivedMs(): number {
    return this.#clock.ms
  }

  /** Milliseconds of audio received whose text is not out: what waits to be heard, and utterances that wait for the recognizer. */
  get lagMs(): number {
    const sinceMs = this.#texts.waitingSinceMs
    return Math.max(this.unheardMs, sinceMs === null ? 0 : this.#clock.ms - sinceMs)
  }

  /** Milliseconds of audio received and not yet heard; an estimate while it reads from disk. */
  get unheardMs(): number {
    const waiting = samplesToMs(this.#queue.size)
    const unread = this.#options.source.appendedBytes - this.#cursor
    if (!this.#spilled || this.#cursor === 0) return waiting
    return waiting + (unread * this.#clock.ms) / this.#cursor
  }

  /** Bytes at the end of the stream. The memory may be reused after the call. */
  push(bytes: Uint8Array): void {
    if (this.#spilled) return
    if (samplesToMs(this.#queue.size) > MAX_WAITING_MS) {
      this.#spill()
      return
    }
    this.#decode(bytes, (item) => this.#queue.push(item))
  }

  gap(ms: number): void {
    this.#gapsDeclared += 1
    if (this.#spilled) return
    this.#countGap(ms)
    this.#queue.push({ kind: 'gap', to: this.#clock.samples })
  }

  /** Begin and end of utterances for the audio that follows. */
  configure(endpointing: EndpointingOptions): void {
    this.#queue.push({ kind: 'configure', endpointing })
  }

  /** Ends the open utterance behind everything that was received; resolves when that was heard, its text is still to come. */
  endUtterance(): Promise<void> {
    return new Promise((done) => {
      if (!this.#queue.push({ kind: 'end_utterance', done })) done()
    })
  }

  /** Resolves when the text of every utterance that has ended is out. */
  get textsOut(): Promise<void> {
    return this.#texts.out
  }

  /** Hears what waits, ends the open utterance, resolves when its text is out. */
  async finish(): Promise<void> {
    this.#queue.close()
    await this.#done
    const rest = this.#deaf ? NOTHING : this.#options.decoder.end()
    this.#reportDamage(true)
    if (rest.length > 0) await this.#hear(rest, this.#clock.audio(rest.length))
    this.#handle(this.#cutter.flush())
    await this.#texts.out
  }

  /** Stops at once; nothing more is emitted. */
  stop(): void {
    this.#abort.abort(new VigiaError('aborted', 'hearing was stopped'))
    this.#queue.abort(this.#abort.signal.reason)
    this.#options.vad[Symbol.dispose]()
    this.#options.decoder.free()
  }

  async #run(): Promise<void> {
    for await (const item of this.#queue) {
      if (item.kind === 'audio') await this.#hear(item.samples, item.at)
      else if (item.kind === 'gap') this.#hole(item.to)
      else if (item.kind === 'end_utterance') this.#endUtterance(item.done)
      else if (item.kind === 'configure') this.#configure(item.endpointing)
      else await this.#catchUp()
    }
  }

  #endUtterance(done: () => void): void {
    this.#handle(this.#cutter.flush())
    done()
  }

  #configure(endpointing: EndpointingOptions): void {
    this.#maxUtteranceMs = Math.max(this.#maxUtteranceMs, endpointing.maxUtteranceMs)
    this.#cutter.configure(endpointing)
  }

  #spill(): void {
    this.#spilled = true
    this.#queue.push({ kind: 'catch_up' })
  }

  /** Reads from disk what memory did not keep, until nothing is missing. */
  async #catchUp(): Promise<void> {
    const { source } = this.#options
    while (this.#cursor < source.appendedBytes || this.#gapsHeard < this.#gapsDeclared) {
      this.#abort.signal.throwIfAborted()
      await source.flush()
      let skipGaps = this.#gapsAtCursor
      for await (const record of source.read(this.#cursor)) {
        this.#abort.signal.throwIfAborted()
        if (record.kind === 'audio') await this.#decodeNow(record.bytes)
        else if (record.kind === 'damage') this.#skipDamage(record)
        else if (record.gap.atByte === this.#cursor && skipGaps > 0) skipGaps -= 1
        else {
          this.#countGap(record.gap.ms)
          this.#hole(this.#clock.samples)
        }
      }
    }
    this.#spilled = false
  }

  async #decodeNow(bytes: Uint8Array): Promise<void> {
    const items: Item[] = []
    this.#decode(bytes, (item) => items.push(item))
    for (const item of items) if (item.kind === 'audio') await this.#hear(item.samples, item.at)
  }

  #decode(bytes: Uint8Array, take: (item: Item) => void): void {
    this.#cursor += bytes.length
    this.#gapsAtCursor = 0
    const samples = this.#decoded(bytes)
    this.#reportDamage()
    if (samples.length > 0) take({ kind: 'audio', samples, at: this.#clock.audio(samples.length), byte: this.#cursor })
  }

  /** A stream that is something else than announced is stored all the same; nothing more is heard of it. */
  #decoded(bytes: Uint8Array): Int16Array {
    if (this.#deaf) return NOTHING
    try {
      return this.#options.decoder.decode(bytes)
    } catch (error) {
      this.#deaf = true
      this.#options.emit({ type: 'error', error })
      return NOTHING
    }
  }

  #countGap(ms: number): void {
    this.#clock.gap(ms)
    this.#gapsAtCursor += 1
    this.#gapsHeard += 1
  }

  #skipDamage(record: { offset: number; length: number }): void {
    this.#cursor = record.offset + record.length
    this.#options.emit({ type: 'damage', atMs: this.#clock.ms, bytes: record.length, reason: 'stored audio is damaged' })
  }

  /** At most one event for each second of stream, so that a stream of garbage does not flood its client. */
  #reportDamage(last = false): void {
    for (const { bytes, reason } of this.#options.decoder.takeDamage()) {
      this.#damage = { atMs: this.#damage?.atMs ?? this.#clock.ms, bytes: (this.#damage?.bytes ?? 0) + bytes, reason }
    }
    if (!this.#damage || (!last && this.#clock.ms - this.#damageToldMs < DAMAGE_EVERY_MS && this.#damageToldMs >= 0)) return
    this.#options.emit({ type: 'damage', ...this.#damage })
    this.#damage = null
    this.#damageToldMs = this.#clock.ms
  }

  #hole(to: number): void {
    this.#handle(this.#cutter.skipTo(to))
  }

  async #hear(samples: Int16Array, at: number): Promise<void> {
    const end = at + samples.length
    const from = msToSamples(this.#options.listenFromMs ?? 0) - at
    if (from >= samples.length) return
    this.#options.tap?.({ samples, startMs: samplesToMs(at) })
    try {
      this.#handle(await this.#cutter.push(from > 0 ? samples.subarray(from) : samples))
    } catch (error) {
      this.#abort.signal.throwIfAborted()
      this.#options.emit({ type: 'error', error })
      this.#handle(this.#cutter.skipTo(end))
    }
  }

  #handle(events: CutterEvent[]): void {
    const { emit } = this.#options
    for (const event of events) {
      if (event.type === 'start') {
        const utteranceId = this.#texts.open({ ...event, maxMs: this.#maxUtteranceMs })
        emit({ type: 'speech_started', atMs: event.speechStartMs, utteranceId })
      } else if (event.type === 'audio') {
        this.#texts.push({ samples: event.samples, startMs: event.startMs })
      } else if (event.type === 'end') {
        this.#texts.close({ endMs: event.speechEndMs, nowMs: this.#clock.ms, throughByte: this.#cursor })
        emit({ type: 'speech_stopped', atMs: event.speechEndMs })
      } else {
        emit(event)
      }
    }
  }
}
