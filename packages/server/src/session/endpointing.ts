import { SAMPLE_RATE } from '../engines/audio.ts'
import { VAD_WINDOW } from '../engines/vad.ts'

/**
 * Endpointing: from speech probabilities of consecutive windows to utterances. Pure: time is the count of windows.
 *
 * Hysteresis as Silero VAD's own iterator has it: speech begins at `threshold` and goes on until the probability stays
 * under `negThreshold` for `minSilenceMs`.
 */

export interface EndpointingOptions {
  /** Speech begins at this probability. */
  threshold: number
  /** Speech goes on above this probability. */
  negThreshold: number
  /** Shorter bursts are no speech. */
  minSpeechMs: number
  /** Silence that ends an utterance. */
  minSilenceMs: number
  /** Silence after which a pause is told (a candidate for the end of a turn). */
  pauseMs: number
  /** Audio before the onset that belongs to the utterance. */
  preRollMs: number
  /** A longer utterance is cut: at the first quiet window of its last third, at this length at the latest. */
  maxUtteranceMs: number
}

export const DEFAULT_ENDPOINTING: EndpointingOptions = {
  threshold: 0.5,
  negThreshold: 0.35,
  minSpeechMs: 160,
  minSilenceMs: 800,
  pauseMs: 200,
  preRollMs: 300,
  maxUtteranceMs: 20_000,
}

/** What one window brings. Positions are windows since the start of the stream; `end` is exclusive. */
export type EndpointingEvent =
  /** Confirmed speech; the utterance includes the pre-roll from `start`. */
  | { type: 'start'; start: number; speechStart: number }
  | { type: 'pause'; speechEnd: number }
  | { type: 'resume' }
  /** `cut` when the utterance was too long and the speaker has not stopped. */
  | { type: 'end'; end: number; speechEnd: number; cut: boolean }

export interface EndpointingState {
  readonly phase: 'silence' | 'onset' | 'speech'
  /** Windows seen. */
  readonly position: number
  /** First window of the utterance's speech. */
  readonly speechStart: number
  /** End of the last window with speech. */
  readonly speechEnd: number
  /** Where the previous utterance ended: pre-roll does not reach behind it. */
  readonly floor: number
  readonly paused: boolean
  /** First window of the present utterance, pre-roll included. */
  readonly utteranceStart: number
}

export const WINDOW_MS = (VAD_WINDOW * 1000) / SAMPLE_RATE

/** Milliseconds to windows, at least one. */
const windows = (ms: number): number => Math.max(1, Math.round(ms / WINDOW_MS))

export const initialEndpointing = (): EndpointingState => ({
  phase: 'silence',
  position: 0,
  speechStart: 0,
  speechEnd: 0,
  floor: 0,
  paused: false,
  utteranceStart: 0,
})

/** Takes the speech probability of the next window. */
export function stepEndpointing(
  state: EndpointingState,
  probability: number,
  options: EndpointingOptions,
): [EndpointingState, EndpointingEvent[]] {
  const at = state.position
  const next = { ...state, position: at + 1 }
  if (state.phase === 'silence') {
    if (probability < options.threshold) return [next, []]
    return confirm({ ...next, phase: 'onset', speechStart: at, speechEnd: at + 1 }, options)
  }
  if (state.phase === 'onset') {
    if (probability >= options.negThreshold) return confirm({ ...next, speechEnd: at + 1 }, options)
    // a dip of up to three windows (96 ms) inside the first word does not undo the onset
    return [at - state.speechEnd >= 3 ? { ...next, phase: 'silence' } : next, []]
  }
  return inSpeech(next, probability, options)
}

function confirm(state: EndpointingState, options: EndpointingOptions): [EndpointingState, EndpointingEvent[]] {
  if (state.speechEnd - state.speechStart < windows(options.minSpeechMs)) return [state, []]
  const start = Math.max(state.floor, state.speechStart - windows(options.preRollMs))
  return [
    { ...state, phase: 'speech', paused: false, utteranceStart: start },
    [{ type: 'start', start, speechStart: state.speechStart }],
  ]
}

function inSpeech(
  next: EndpointingState,
  probability: number,
  options: EndpointingOptions,
): [EndpointingState, EndpointingEvent[]] {
  const heard = probability >= options.negThreshold
  const silence = next.position - next.speechEnd
  if (!heard && silence >= windows(options.minSilenceMs)) return end(next, false)

  const events: EndpointingEvent[] = []
  let state = next
  if (heard) {
    if (next.paused) events.push({ type: 'resume' })
    state = { ...next, speechEnd: next.position, paused: false }
  } else if (!next.paused && silence >= windows(options.pauseMs)) {
    events.push({ type: 'pause', speechEnd: next.speechEnd })
    state = { ...next, paused: true }
  }
  const length = next.position - next.utteranceStart
  const limit = windows(options.maxUtteranceMs)
  const cut = length >= limit || (!heard && length * 3 >= limit * 2)
  return cut ? restart(state, events) : [state, events]
}

function end(state: EndpointingState, cut: boolean): [EndpointingState, EndpointingEvent[]] {
  const event: EndpointingEvent = { type: 'end', end: state.position, speechEnd: state.speechEnd, cut }
  return [{ ...state, phase: 'silence', floor: state.position, paused: false }, [event]]
}

/** Cuts an utterance that is too long; the next one begins at the same window. */
function restart(state: EndpointingState, events: EndpointingEvent[]): [EndpointingState, EndpointingEvent[]] {
  const at = state.position
  const [ended, endEvents] = end(state, true)
  const begun: EndpointingState = { ...ended, phase: 'speech', speechStart: at, utteranceStart: at, paused: state.paused }
  return [begun, [...events, ...endEvents, { type: 'start', start: at, speechStart: at }]]
}

/** Ends what is open, at the end of the stream or before a gap. */
export function flushEndpointing(state: EndpointingState): [EndpointingState, EndpointingEvent[]] {
  if (state.phase !== 'speech') return [{ ...state, phase: 'silence', floor: state.position }, []]
  return end(state, false)
}
