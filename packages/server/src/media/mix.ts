/** Averages interleaved channels; a last, incomplete frame is left out. One channel comes back as it is, not copied. */
export function toMono<T extends Int16Array | Float32Array>(interleaved: T, channels: number): T {
  if (channels === 1) return interleaved
  const frames = Math.floor(interleaved.length / channels)
  const output = new (interleaved.constructor as new (length: number) => T)(frames)
  for (let frame = 0, i = 0; frame < frames; frame++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += interleaved[i++]!
    output[frame] = sum / channels
  }
  return output
}

/** Averages channels that come apart, each of the same length. */
export function averageChannels(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels
  if (!first || channels.length === 1) return first ?? new Float32Array(0)
  const output = new Float32Array(first.length)
  for (const channel of channels) for (let i = 0; i < output.length; i++) output[i]! += channel[i]!
  for (let i = 0; i < output.length; i++) output[i]! /= channels.length
  return output
}
