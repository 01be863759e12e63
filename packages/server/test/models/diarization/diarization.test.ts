import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { diarizationErrors, type LabelledSpan, parseRttm } from '../../../src/analysis/metrics/der.ts'
import { openClassicalDiarizer } from '../../../src/engines/adapters/classical/classical.ts'
import { openSileroVad } from '../../../src/engines/adapters/silero/silero.ts'
import { recordingOf } from '../../../src/engines/contract/diarizer-contract.ts'
import { DEFAULT_ENDPOINTING } from '../../../src/session/endpointing.ts'
import { scanSpeech } from '../../../src/session/speech-scan.ts'
import { decodeFile, REAL } from './recordings.ts'

/** The table of `docs/diarization.md`: real recordings, cut as a session cuts them. Prints it; holds the bounds that are promised. */

const RECORDINGS: { file: string; speakers: number; rttm?: string; known?: boolean }[] = [
  ...['es/fleurs-es-003.ogg', 'es/fleurs-es-005.ogg', 'es/fleurs-es-008.ogg', 'es/fleurs-es-009.ogg'].map(one),
  ...['en/fleurs-en-005.ogg', 'en/LJ001-0003.flac', 'en/librivox_0890.wav', 'de/fleurs-de-002.ogg'].map(one),
  ...['multi/azure_enrollment_katie.wav', 'multi/azure_enrollment_steve.wav', 'enrol/eagle_speaker_1_test_utt.wav'].map(one),
  { file: 'multi/azure_katiesteve_mono.wav', speakers: 2 },
  { file: 'multi/es_mix_2spk.wav', speakers: 2, rttm: 'multi/es_mix_2spk.rttm' },
  { file: 'multi/ami_trn06.wav', speakers: 3, rttm: 'multi/ami_trn06.rttm' },
  { file: 'multi/ami_trn06.wav', speakers: 3, rttm: 'multi/ami_trn06.rttm', known: true },
  { file: 'multi/ami_trn08.wav', speakers: 4, rttm: 'multi/ami_trn08.rttm' },
  { file: 'multi/ami_trn08.wav', speakers: 4, rttm: 'multi/ami_trn08.rttm', known: true },
]

function one(file: string) {
  return { file, speakers: 1 }
}

describe.skipIf(!existsSync(REAL))('the embedded diarizer on real recordings (needs VIGIA_SHARED)', () => {
  it('hears one voice as one and two clean voices as two', async () => {
    await using vad = await openSileroVad()
    await using diarizer = await openClassicalDiarizer()
    const rows: { name: string; speakers: number; found: number; line: string }[] = []
    for (const { file, speakers, rttm, known } of RECORDINGS) {
      const samples = await decodeFile(path.join(REAL, file))
      const recording = recordingOf(samples)
      const signal = AbortSignal.timeout(60_000)
      const spans = await scanSpeech(recording, vad, DEFAULT_ENDPOINTING, signal, () => {})
      const turns = await diarizer.diarize(
        { recording, speech: spans, utterances: spans, ...(known ? { speakers } : {}) },
        signal,
      )
      const found = new Set(turns.map(({ speaker }) => speaker)).size
      const der = rttm ? errorLine(parseRttm(readFileSync(path.join(REAL, rttm), 'utf8')), turns) : '| | | |'
      const line = `| ${file}${known ? ' (number given)' : ''} | ${(recording.durationMs / 1000).toFixed(1)} | ${speakers} | ${found} ${der}`
      if (!known) rows.push({ name: file, speakers, found, line })
      console.log(line)
    }
    const isClean = ({ name }: { name: string }) => !name.includes('ami')
    expect(
      rows
        .filter(isClean)
        .filter(({ speakers, found }) => speakers !== found)
        .map(({ line }) => line),
    ).toEqual([])
  }, 120_000)
})

function errorLine(reference: readonly LabelledSpan[], turns: readonly LabelledSpan[]): string {
  const { missedMs, falseAlarmMs, confusionMs, totalMs } = diarizationErrors(reference, turns)
  const percent = (ms: number) => `${((100 * ms) / totalMs).toFixed(1)} %`
  return `| ${[missedMs + falseAlarmMs + confusionMs, missedMs, falseAlarmMs, confusionMs].map(percent).join(' | ')} |`
}
