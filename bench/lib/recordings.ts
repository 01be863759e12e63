import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readWav } from '../../packages/server/src/media/wav.ts'

/** The project's own synthetic recordings: 16 kHz mono PCM16. */

const FOLDER = path.join(import.meta.dirname, '../../packages/server/test/fixtures/audio')

/** Two voices, 56 s, cut to whole chunks of 100 ms. */
export function dialogue(): Uint8Array {
  const { samples } = readWav(readFileSync(path.join(FOLDER, 'es-dialogo.wav')))
  const whole = samples.length - (samples.length % 1600)
  return new Uint8Array(samples.buffer, samples.byteOffset, whole * 2)
}

/** The dialogue again and again, at least so long. */
export function dialogueOf(ms: number): Uint8Array {
  const once = dialogue()
  const wanted = Math.ceil(ms / 100) * 3200
  const all = new Uint8Array(wanted)
  for (let at = 0; at < wanted; at += once.length) all.set(once.subarray(0, Math.min(once.length, wanted - at)), at)
  return all
}
