import { VAD_WINDOW } from '../../vad.ts'

/** The packed request and answer between batcher and engine, and how streams' states are laid out in it. */

/** Samples that the model sees ahead of each window (Silero v5 and v6 at 16 kHz). */
export const CONTEXT = 64
/** Recurrent state of one stream: two layers of 128. */
export const STATE = 256

/**
 * One batch: several streams, each with one or more windows to be scored in order. The engine keeps nothing, so a
 * crash loses no stream and a retry gives the same figures.
 */
export interface VadBatch {
  /** Windows of each stream, the longest first. Not joined: each copy of the sound costs more than the call's own frame. */
  windows: Int16Array[]
  /** {@link CONTEXT} samples per stream. */
  contexts: Int16Array
  /** {@link STATE} figures per stream: layer 0, then layer 1. */
  states: Float32Array
}

export interface VadScores {
  /** Of all windows, one stream after the other. */
  probabilities: Float32Array
  states: Float32Array
}

/** What a stream carries from one batch to the next. */
export interface StreamState {
  context: Int16Array
  state: Float32Array
}

export const freshState = (): StreamState => ({ context: new Int16Array(CONTEXT), state: new Float32Array(STATE) })

/** Packs streams (already sorted by number of windows, descending). */
export function pack(items: readonly (StreamState & { windows: Int16Array })[]): VadBatch {
  const batch: VadBatch = {
    windows: items.map((item) => item.windows),
    contexts: new Int16Array(items.length * CONTEXT),
    states: new Float32Array(items.length * STATE),
  }
  for (const [index, item] of items.entries()) {
    batch.contexts.set(item.context, index * CONTEXT)
    batch.states.set(item.state, index * STATE)
  }
  return batch
}

/** How many windows each stream has. */
export const countsOf = ({ windows }: VadBatch): number[] => windows.map(({ length }) => length / VAD_WINDOW)
