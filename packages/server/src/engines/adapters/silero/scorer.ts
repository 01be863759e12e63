import { VAD_WINDOW } from '../../vad.ts'
import { CONTEXT, STATE, type VadBatch, type VadScores } from './batch.ts'

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
  const { counts, samples } = batch
  const starts = startsOf(counts)
  const probabilities = new Float32Array(samples.length / VAD_WINDOW)
  const states = batch.states.slice()
  for (let window = 0; window < (counts[0] ?? 0); window += 1) {
    let active = counts.length
    while (counts[active - 1]! <= window) active -= 1
    const input = new Float32Array(active * INPUT)
    for (let stream = 0; stream < active; stream += 1) fillInput(input, batch, stream, starts[stream]!, window)
    const result = await step(input, toLayers(states, active), active)
    fromLayers(result.state, states, active)
    for (let stream = 0; stream < active; stream += 1) probabilities[starts[stream]! + window] = result.output[stream]!
  }
  return { probabilities, states }
}

function startsOf(counts: Uint16Array): number[] {
  let at = 0
  return Array.from(counts, (count) => {
    at += count
    return at - count
  })
}

function fillInput(input: Float32Array, batch: VadBatch, stream: number, start: number, window: number): void {
  const base = stream * INPUT
  const from = (start + window) * VAD_WINDOW
  for (let i = 0; i < CONTEXT; i += 1)
    input[base + i] = (window === 0 ? batch.contexts[stream * CONTEXT + i]! : batch.samples[from - CONTEXT + i]!) / 32768
  for (let i = 0; i < VAD_WINDOW; i += 1) input[base + CONTEXT + i] = batch.samples[from + i]! / 32768
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
