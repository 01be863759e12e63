/** Level of digital silence, dBFS: below the quantization floor of 16 bits. */
export const SILENCE_DBFS = -100

/** Root-mean-square level, dBFS of a full-scale square wave: 0 at most, {@link SILENCE_DBFS} at least. */
export function levelDbfs(samples: Int16Array): number {
  if (samples.length === 0) return SILENCE_DBFS
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!
  return Math.max(SILENCE_DBFS, 10 * Math.log10(sum / samples.length / 32768 ** 2))
}

/** Largest amplitude, dBFS. */
export function peakDbfs(samples: Int16Array): number {
  let peak = 0
  for (let i = 0; i < samples.length; i++) peak = Math.max(peak, Math.abs(samples[i]!))
  return Math.max(SILENCE_DBFS, 20 * Math.log10(peak / 32768))
}
