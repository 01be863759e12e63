/** Samples as the library takes them, ±1. A plain loop: `Float32Array.from` with a function costs as much as a small model. */
export function toFloats(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length)
  for (let at = 0; at < samples.length; at += 1) floats[at] = samples[at]! / 32768
  return floats
}
