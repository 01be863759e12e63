import path from 'node:path'
import { openClassicalDiarizer } from '../../../src/engines/adapters/classical/classical.ts'
import { SAME_SPEAKER } from '../../../src/engines/adapters/classical/cluster.ts'
import type { Span } from '../../../src/engines/audio.ts'
import { recordingOf } from '../../../src/engines/contract/diarizer-contract.ts'
import { decodeFile, REAL } from './recordings.ts'

/**
 * How the embedded diarizer's bound decides between one voice and two, as a table of docs/diarization.md:
 *
 *     node packages/server/test/models/diarization/calibrate.ts
 *
 * One voice: pieces of one recording. Two voices: pieces of two recordings in turn, all pairs but those of one source and
 * language, whose speaker may be the same. Pieces are given as utterances, so that only the bound decides.
 */

/** One recording a voice; its source and language tell which pairs may be one person. */
const VOICES: readonly (readonly [file: string, source: string])[] = [
  ['es/fleurs-es-003.ogg', 'fleurs-es'],
  ['es/fleurs-es-005.ogg', 'fleurs-es'],
  ['es/fleurs-es-008.ogg', 'fleurs-es'],
  ['es/fleurs-es-009.ogg', 'fleurs-es'],
  ['en/fleurs-en-005.ogg', 'fleurs-en'],
  ['en/fleurs-en-009.ogg', 'fleurs-en'],
  ['de/fleurs-de-002.ogg', 'fleurs-de'],
  ['fr/fleurs-fr-002.ogg', 'fleurs-fr'],
  ['pt/fleurs-pt-002.ogg', 'fleurs-pt'],
  ['en/LJ001-0003.flac', 'lj'],
  ['multi/azure_enrollment_katie.wav', 'katie'],
  ['multi/azure_enrollment_steve.wav', 'steve'],
  ['enrol/eagle_speaker_1_test_utt.wav', 'eagle-1'],
  ['enrol/eagle_speaker_2_test_utt.wav', 'eagle-2'],
]
const BOUNDS = [1.5, 2, 2.5, SAME_SPEAKER, 3.5, 4, 5, 6]
const PIECE_MS = 2500
const PIECES = 2

interface Sample {
  speakers: number
  samples: Int16Array
  utterances: Span[]
}

function pieceOf(voice: Int16Array, index: number): Int16Array {
  const length = PIECE_MS * 16
  const from = Math.floor(voice.length / 2 - length + index * length)
  return voice.subarray(Math.max(0, from), Math.max(0, from) + length)
}

function sampleOf(voices: readonly Int16Array[]): Sample {
  const parts = Array.from({ length: PIECES }, (_, index) => voices.map((voice) => pieceOf(voice, index))).flat()
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  const utterances: Span[] = []
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    utterances.push({ startMs: at / 16, endMs: (at + part.length) / 16 })
    at += part.length
  }
  return { speakers: voices.length, samples, utterances }
}

const decoded = await Promise.all(VOICES.map(([file]) => decodeFile(path.join(REAL, file))))
const ones = decoded.map((voice) => sampleOf([voice]))
const twos = VOICES.flatMap(([, source], a) =>
  VOICES.slice(a + 1).flatMap(([, other], b) => (source === other ? [] : [sampleOf([decoded[a]!, decoded[a + 1 + b]!])])),
)

console.log('| bound | one voice heard as more | two voices heard as one | as more than two |')
console.log('| --- | --- | --- | --- |')
for (const sameSpeaker of BOUNDS) {
  await using diarizer = await openClassicalDiarizer({ sameSpeaker })
  const count = async ({ samples, utterances }: Sample): Promise<number> => {
    const request = { recording: recordingOf(samples), speech: utterances, utterances }
    return new Set((await diarizer.diarize(request, new AbortController().signal)).map(({ speaker }) => speaker)).size
  }
  const split = await Promise.all(ones.map(count))
  const pairs = await Promise.all(twos.map(count))
  const of = (found: readonly number[], wrong: (speakers: number) => boolean): string =>
    `${found.filter(wrong).length} of ${found.length}`
  const name = sameSpeaker === SAME_SPEAKER ? `**${sameSpeaker.toFixed(1)}**` : sameSpeaker.toFixed(1)
  console.log(`| ${name} | ${of(split, (n) => n > 1)} | ${of(pairs, (n) => n < 2)} | ${of(pairs, (n) => n > 2)} |`)
}
