import { SAMPLE_RATE } from '../engines/audio.ts'
import { VAD_WINDOW, type VadStream } from '../engines/vad.ts'
import {
  type EndpointingEvent,
  type EndpointingOptions,
  flushEndpointing,
  initialEndpointing,
  stepEndpointing,
  WINDOW_MS,
} from './endpointing.ts'
import { samplesToMs } from './stream-clock.ts'

/** What {@link UtteranceCutter} tells, with times on the session timeline. `audio` owns its samples. */
export type CutterEvent =
  | { type: 'start'; startMs: number; speechStartMs: number }
  | { type: 'audio'; samples: Int16Array; startMs: number }
  | { type: 'pause'; atMs: number }
  | { type: 'resume'; atMs: number }
  | { type: 'end'; endMs: number; speechEndMs: number; cut: boolean }

/**
 * Cuts a stream of samples into utterances: windows → VAD → endpointing, handing on the audio of open utterances with
 * their pre-roll. Used live and over stored recordings alike.
 */
export class UtteranceCutter {
  readonly #vad: VadStream
  #options: EndpointingOptions
  #history: Int16Array
  #endpointing = initialEndpointing()
  /** Timeline position of window 0, in samples; moves at a gap. */
  #origin = 0
  #rest = new Int16Array(0)
  #open = false
  /** Speech in the last window taken, 0–1. */
  probability = 0

  constructor(vad: VadStream, options: EndpointingOptions, originSamples = 0) {
    this.#vad = vad
    this.#options = options
    this.#origin = originSamples
    this.#history = new Int16Array(historySamples(options))
  }

  /** Other options for the windows that follow; what is open goes on under them. */
  configure(options: EndpointingOptions): void {
    this.#options = options
    const { position } = this.#endpointing
    const known = Math.min(position, this.#history.length / VAD_WINDOW)
    if (historySamples(options) <= this.#history.length) return
    const samples = this.#recall(position - known, position)
    this.#history = new Int16Array(historySamples(options))
    for (let i = 0; i < known; i++) this.#remember(position - known + i, samples.subarray(i * VAD_WINDOW, (i + 1) * VAD_WINDOW))
  }

  /** True while an utterance is open. */
  get open(): boolean {
    return this.#open
  }

  /** Takes samples that follow the previous ones; what does not fill a window waits for the next call. */
  async push(samples: Int16Array): Promise<CutterEvent[]> {
    const all = this.#rest.length === 0 ? samples : concat(this.#rest, samples)
    const whole = all.length - (all.length % VAD_WINDOW)
    this.#rest = all.slice(whole)
    if (whole === 0) return []
    const windows = all.subarray(0, whole)
    const probabilities = await this.#vad.score(windows)
    const events: CutterEvent[] = []
    for (let i = 0; i < probabilities.length; i++) {
      this.probability = probabilities[i]!
      this.#window(windows.subarray(i * VAD_WINDOW, (i + 1) * VAD_WINDOW), this.probability, events)
    }
    for (const event of events) if (event.type === 'audio') event.samples = event.samples.slice()
    return events
  }

  /** Ends what is open and goes on behind a hole of the stream, at `originSamples` of the timeline. */
  skipTo(originSamples: number): CutterEvent[] {
    const events = this.flush()
    this.#endpointing = initialEndpointing()
    this.#origin = originSamples
    return events
  }

  /** Ends what is open. */
  flush(): CutterEvent[] {
    const [state, ended] = flushEndpointing(this.#endpointing)
    this.#endpointing = state
    const events: CutterEvent[] = []
    if (this.#open && this.#rest.length > 0) {
      events.push({ type: 'audio', samples: this.#rest, startMs: this.#ms(state.position) })
    }
    this.#rest = new Int16Array(0)
    for (const event of ended) this.#tell(event, events)
    return events
  }

  #window(window: Int16Array, probability: number, events: CutterEvent[]): void {
    const position = this.#endpointing.position
    this.#remember(position, window)
    const [state, out] = stepEndpointing(this.#endpointing, probability, this.#options)
    this.#endpointing = state
    const wasOpen = this.#open
    const ends = out.some((event) => event.type === 'end')
    // the window belongs to the utterance that was open when it came
    if (wasOpen) appendAudio(events, window, this.#ms(position))
    for (const event of out) this.#tell(event, events)
    if (!wasOpen && !ends && this.#open) {
      const start = state.utteranceStart
      appendAudio(events, this.#recall(start, position + 1), this.#ms(start))
    }
  }

  #tell(event: EndpointingEvent, events: CutterEvent[]): void {
    if (event.type === 'start') {
      this.#open = true
      events.push({ type: 'start', startMs: this.#ms(event.start), speechStartMs: this.#ms(event.speechStart) })
    } else if (event.type === 'end') {
      this.#open = false
      events.push({ type: 'end', endMs: this.#ms(event.end), speechEndMs: this.#ms(event.speechEnd), cut: event.cut })
    } else if (event.type === 'pause') {
      events.push({ type: 'pause', atMs: this.#ms(event.speechEnd) })
    } else {
      events.push({ type: 'resume', atMs: this.#ms(this.#endpointing.position) })
    }
  }

  #ms(window: number): number {
    return samplesToMs(this.#origin + window * VAD_WINDOW)
  }

  #remember(position: number, window: Int16Array): void {
    this.#history.set(window, (position * VAD_WINDOW) % this.#history.length)
  }

  #recall(from: number, to: number): Int16Array {
    const out = new Int16Array((to - from) * VAD_WINDOW)
    for (let window = from; window < to; window++) {
      const at = (window * VAD_WINDOW) % this.#history.length
      out.set(this.#history.subarray(at, at + VAD_WINDOW), (window - from) * VAD_WINDOW)
    }
    return out
  }
}

/** What must be remembered to give an utterance its pre-roll. */
function historySamples({ preRollMs, minSpeechMs }: EndpointingOptions): number {
  return (Math.ceil((preRollMs + minSpeechMs) / WINDOW_MS) + 8) * VAD_WINDOW
}

/**
 * Joins a window to the last event's audio where it lies behind it in the same memory, so that a bulk call does not make
 * one event a window. What is told here are views of what was pushed; `push` copies each once.
 */
function appendAudio(events: CutterEvent[], samples: Int16Array, startMs: number): void {
  const last = events.at(-1)
  if (last?.type === 'audio' && last.samples.length < SAMPLE_RATE && isBehind(last.samples, samples))
    last.samples = new Int16Array(samples.buffer, last.samples.byteOffset, last.samples.length + samples.length)
  else events.push({ type: 'audio', samples, startMs })
}

const isBehind = (first: Int16Array, next: Int16Array): boolean =>
  first.buffer === next.buffer && first.byteOffset + first.byteLength === next.byteOffset

function concat(a: Int16Array, b: Int16Array): Int16Array {
  const out = new Int16Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}
