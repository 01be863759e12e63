import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialogueReference } from '../../test/helpers/audio.ts'
import { ConfigSchema } from '../config/schema.ts'
import { type Engines, openEngines } from '../engines/catalog.ts'
import { evaluateAsr, printAsr, spokenTexts } from './eval-asr.ts'
import { readEvalData } from './eval-data.ts'
import { evaluateDiarization, printDiarization } from './eval-diarization.ts'

const FIXTURES = path.join(import.meta.dirname, '../../test/fixtures/audio')
const SHARED = process.env.VIGIA_SHARED ?? path.join(import.meta.dirname, '../../../../../shared')
const REAL = path.join(SHARED, 'audio/real')

let dir: string
let engines: Engines
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-eval-'))
  engines = await openEngines(ConfigSchema.parse({ profile: 'embedded', engines: { vision: { adapter: 'measured' } } }))
})
afterAll(async () => {
  await engines[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

describe('vigia eval', () => {
  it('measures recognition against the words beside the recordings, by speaker where they are named', async () => {
    for (const name of ['es-02-peligro.wav', 'es-02-peligro.txt', 'es-dialogo.wav'])
      await cp(path.join(FIXTURES, name), path.join(dir, name))
    const lines = dialogueReference().turns.map(({ speaker, text }) => `${speaker}: ${text}`)
    await writeFile(path.join(dir, 'es-dialogo.txt'), lines.join('\n'))
    const evaluation = await evaluateAsr({ engines }, await readEvalData(dir, 'txt'), 'es')
    expect(evaluation.files.map(({ file }) => file)).toEqual(['es-02-peligro.wav', 'es-dialogo.wav'])
    for (const { wer, cer } of evaluation.files) {
      expect(wer).toBeLessThan(0.35)
      expect(cer).toBeLessThan(wer + 0.01)
    }
    expect(evaluation.files[0]!.cpWer).toBeNull()
    expect(evaluation.files[1]!.cpWer).toBeGreaterThanOrEqual(evaluation.files[1]!.wer)
    expect(printAsr(evaluation)).toMatch(/tiny-es[\s\S]*cpWER[\s\S]*all words: WER/)
  })

  it('measures diarization against RTTM', async () => {
    const rttm = dialogueReference().turns.map(
      ({ speaker, start, end }) => `SPEAKER es-dialogo 1 ${start} ${(end - start).toFixed(3)} <NA> <NA> ${speaker} <NA> <NA>`,
    )
    await cp(path.join(FIXTURES, 'es-dialogo.wav'), path.join(dir, 'es-dialogo.wav'))
    await writeFile(path.join(dir, 'es-dialogo.rttm'), rttm.join('\n'))
    const evaluation = await evaluateDiarization({ engines }, await readEvalData(dir, 'rttm'), {
      collarMs: 250,
      knownSpeakers: false,
    })
    expect(evaluation.files).toMatchObject([{ speakers: new Set(dialogueReference().turns.map(({ speaker }) => speaker)).size }])
    expect(evaluation.der).toBeLessThan(0.3)
    expect(printDiarization(evaluation)).toMatch(/classical[\s\S]*false alarm[\s\S]*collar 250 ms/)
  })

  it('says what it lacks when no recording has a reference', async () => {
    await expect(readEvalData(import.meta.dirname, 'rttm')).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('reads words by speaker, or as one', () => {
    expect(spokenTexts('Ana: hola\nEva: buenas')).toEqual([
      { speaker: 'Ana', text: 'hola' },
      { speaker: 'Eva', text: 'buenas' },
    ])
    expect(spokenTexts('dijo: ven\ny vino')).toEqual([{ speaker: '1', text: 'dijo: ven y vino' }])
  })

  // Figures of real meetings, whatever they are: they are printed, and only their form is asserted.
  it.skipIf(!existsSync(REAL))('prints speakers and DER of real recordings', { timeout: 120_000 }, async () => {
    const evaluation = await evaluateDiarization({ engines }, await readEvalData(path.join(REAL, 'multi'), 'rttm'), {
      collarMs: 250,
      knownSpeakers: false,
    })
    console.log(printDiarization(evaluation))
    expect(evaluation.files.length).toBeGreaterThanOrEqual(3)
    for (const { found, missed } of evaluation.files) {
      expect(found).toBeGreaterThan(0)
      // The voice detector finds the speech.
      expect(missed).toBeLessThan(0.5)
    }
  })
})
