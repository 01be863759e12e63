import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readWav } from '../../src/media/wav.ts'

const FIXTURES = path.join(import.meta.dirname, '../fixtures/audio')

/** Samples of a synthetic recording of this project, 16 kHz mono. */
export function fixtureSamples(name: string): Int16Array {
  return readWav(readFileSync(path.join(FIXTURES, `${name}.wav`))).samples
}

/** The same as little-endian bytes, as a phone sends them. */
export function fixturePcm(name: string): Uint8Array {
  const samples = fixtureSamples(name)
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
}

export interface DialogueReference {
  turns: { speaker: string; start: number; end: number; text: string }[]
}

/** Who said what when in `es-dialogo`. */
export function dialogueReference(): DialogueReference {
  return JSON.parse(readFileSync(path.join(FIXTURES, 'es-dialogo.json'), 'utf8')) as DialogueReference
}
