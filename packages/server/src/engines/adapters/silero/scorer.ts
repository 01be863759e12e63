import { VAD_WINDOW } from '../../vad.ts'
import { CONTEXT, countsOf, STATE, type VadBatch, type VadScores } from './batch.ts'

/** Runs one batch through the model, window after window, all streams side by side. */

const INPUT = CONTEXT + VAD_WINDOW
const LAYER = STATE / 2

/**
 * The model: one window per stream in, a probability per stream out.
 *
 * @param input - [streams, 576]: context and window, -1 to 1
 * @param state - [2, streams, 128]
 */
export type Step = (
  input: Float32Array,
  state: Float32Array,
  streams: number,
) => Promise<{ output: Float32Array; state: Float32Array }>

/** Scores a batch. Streams are sorted by number of windows, so that those still running are always the first ones. */
export async function scoreBatch(batch: VadBatch, step: Step): Promise<VadScores> {
  const counts = countsOf(batch)
  const starts = startsOf(counts)
  const probabilities = new Float32Array(counts.reduce((sum, count) => sum + count, 0))
  const states = batch.states.slice()
  for (let window = 0; window < (counts[0] ?? 0); window += 1) {
    let active = counts.length
    while (counts[active - 1]! <= window) active -= 1
    const input = new Float32Array(active * INPUT)
    for (let stream = 0; stream < active; stream += 1) fillInput(input, batch, stream, window)
    const result = await step(input, toLayers(states, active), active)
    fromLayers(result.state, states, active)
    for (let stream = 0; stream < active; stream += 1) probabilities[starts[stream]! + window] = result.output[stream]!
  }
  return { probabilities, states }
}

function startsOf(counts: readonly number[]): number[] {
  let at = 0
  return counts.map((count) => {
    at += count
    return at - count
  })
}

function fillInput(input: Float32Array, { windows, contexts }: VadBatch, stream: number, window: number): void {
  const base = stream * INPUT
  const samples = windows[stream]!
  const from = window * VAD_WINDOW
  for (let i = 0; i < CONTEXT; i += 1)
    input[base + i] = (window === 0 ? contexts[stream * CONTEXT + i]! : samples[from - CONTEXT + i]!) / 32768
  for (let i = 0; i < VAD_WINDOW; i += 1) input[base + CONTEXT + i] = samples[from + i]! / 32768
}

/** From one block per stream to the model's [2, streams, 128]. */
function toLayers(states: Float32Array, streams: number): Float32Array {
  const layers = new Float32Array(streams * STATE)
  for (let stream = 0; stream < streams; stream += 1)
    for (const layer of [0, 1]) {
      const from = stream * STATE + layer * LAYER
      layers.set(states.subarray(from, from + LAYER), (layer * streams + stream) * LAYER)
    }
  return layers
}

function fromLayers(layers: Float32Array, states: Float32Array, streams: number): void {
  for (let stream = 0; stream < streams; stream += 1)
    for (const layer of [0, 1]) {
      const from = (layer * streams + stream) * LAYER
      states.set(layers.subarray(from, from + LAYER), stream * STATE + layer * LAYER)
    }
}
