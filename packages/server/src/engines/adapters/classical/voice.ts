import { decimate, pitchOf } from './pitch.ts'
import { CEPSTRA, cepstra, FRAME, HOP } from './spectrum.ts'

/** Length of a voice vector: cepstra c1 … c16 and the natural logarithm of the fundamental frequency in Hz. */
export const DIMENSIONS = CEPSTRA + 1

/** One voiced frame. Unvoiced frames tell little of the speaker and are left out. */
export interface VoicedFrame {
  /** Centre of the frame on the session timeline. */
  atMs: number
  vector: Float64Array
}

/**
 * The voiced frames of a stretch of audio, one per 10 ms at most. Steps are yielded every 2 s of audio, so that the
 * caller can let the event loop run.
 *
 * @param samples - mono 16-bit at 16 kHz; read, not kept
 */
export function* voicedFrames(samples: Int16Array, startMs: number): Generator<VoicedFrame[]> {
  const low = decimate(samples)
  let batch: VoicedFrame[] = []
  for (let at = 0, n = 1; at + FRAME <= samples.length; at += HOP, n++) {
    const hz = pitchOf(low, at)
    if (hz !== null) {
      const vector = new Float64Array(DIMENSIONS)
      cepstra(samples, at, vector)
      vector[CEPSTRA] = Math.log(hz)
      batch.push({ atMs: startMs + (at + FRAME / 2) / 16, vector })
    }
    if (n % 200 === 0) {
      yield batch
      batch = []
    }
  }
  yield batch
}
