import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import { ModelStore } from '../../../models/store.ts'
import type { AdapterContext } from '../../catalog.ts'
import { diarizerContract, recordingOf } from '../../contract/diarizer-contract.ts'
import { poisonableEmbeddingModel } from '../sherpa/testing/ctc-models.ts'
import { toneEmbeddingModel, toneSegmentationModel } from '../sherpa/testing/onnx-writer.ts'
import { openInstalledDiarizer } from './sherpa-diarizer.ts'

/** Generated models, two voices: a low and a high tone. */

let dir: string
let context: AdapterContext
const deaths: unknown[] = []
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-diarizer-'))
  const models = new ModelStore(dir, [])
  context = { models, variant: 'full', onDeath: (death) => void deaths.push(death) }
  await add('seg', toneSegmentationModel())
  await add('emb', toneEmbeddingModel(), { mergeDistance: 0.3 })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function add(id: string, onnx: Uint8Array, settings = {}): Promise<void> {
  await mkdir(path.join(dir, id), { recursive: true })
  const license = { name: 'own', commercial: true }
  const entry = {
    id,
    title: id,
    role: id.startsWith('seg') ? 'segmentation' : 'embedding',
    family: 'test',
    languages: 'any',
    license,
    parts: { model: 'model.onnx' },
    ramMb: 1,
    settings,
  }
  await writeFile(path.join(dir, id, 'model.json'), JSON.stringify(entry))
  await writeFile(path.join(dir, id, 'model.onnx'), onnx)
}

const SILENCE = new Int16Array(8000)
const LOW = tone(300, 16_000, 2500)
const HIGH = tone(5000, 16_000, 2500)
const DIALOGUE = concatSamples([SILENCE, LOW, SILENCE, HIGH, SILENCE, LOW, SILENCE])
const open = (segmentation = 'seg', embedding = 'emb') =>
  openInstalledDiarizer({ adapter: 'sherpa', segmentation, embedding }, context)

diarizerContract('sherpa', open, async () => DIALOGUE)

describe('the model diarizer', () => {
  it('finds two voices and where each speaks', async () => {
    await using diarizer = await open()
    const recording = recordingOf(DIALOGUE)
    const whole = [{ startMs: 0, endMs: recording.durationMs }]
    const turns = await diarizer.diarize({ recording, speech: whole, utterances: whole }, new AbortController().signal)
    expect(turns.map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    for (const [index, startMs] of [500, 3500, 6500].entries()) {
      expect(Math.abs(turns[index]!.startMs - startMs)).toBeLessThan(100)
      expect(Math.abs(turns[index]!.endMs - startMs - 2500)).toBeLessThan(100)
    }
    expect(deaths).toEqual([])
  })

  it.each([
    ['a cut file', () => toneSegmentationModel().subarray(0, 400), null],
    ['an embedding in the place of a segmentation', () => toneEmbeddingModel(), null],
    ['an embedding without its framework', null, () => toneEmbeddingModel({ framework: 'otro' })],
  ])('refuses %s before a library sees it', async (name, seg, emb) => {
    const id = name.replaceAll(' ', '-')
    if (seg) await add(`seg-${id}`, seg())
    if (emb) await add(`emb-${id}`, emb())
    await expect(open(seg ? `seg-${id}` : 'seg', emb ? `emb-${id}` : 'emb')).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths).toEqual([])
  })

  it('needs both models', async () => {
    await expect(openInstalledDiarizer({ adapter: 'sherpa', segmentation: 'seg' }, context)).rejects.toMatchObject({
      code: 'config_invalid',
    })
    await expect(open('seg', 'no-model')).rejects.toMatchObject({ code: 'model_not_found' })
  })
})

/** The generated model traps on x64 only. */
describe.skipIf(process.arch !== 'x64')('a voice that ends the voice model', () => {
  const POISON = tone(1500, 16_000, 2300)
  const signal = new AbortController().signal

  it('costs two processes; the voices before and behind it are told apart', async () => {
    await add('emb-frail', poisonableEmbeddingModel(), { mergeDistance: 0.3 })
    const before = deaths.length
    await using diarizer = await open('seg', 'emb-frail')
    const quiet = new Int16Array(16_000 * 13.1)
    const recording = recordingOf(concatSamples([DIALOGUE, quiet, POISON, quiet, DIALOGUE]))
    const whole = [{ startMs: 0, endMs: recording.durationMs }]
    const refused: { startMs: number; endMs: number }[] = []
    const request = { recording, speech: whole, utterances: whole, onRefused: (span: (typeof refused)[0]) => refused.push(span) }
    const turns = await diarizer.diarize(request, signal)
    const poisonMs = (DIALOGUE.length + quiet.length) / 16
    expect(deaths.length - before).toBe(2)
    expect(refused.length).toBeGreaterThan(0)
    for (const { startMs, endMs } of refused) {
      expect(startMs).toBeLessThan(poisonMs + 2300)
      expect(endMs).toBeGreaterThan(poisonMs)
    }
    expect(turns.filter(({ endMs }) => endMs < poisonMs).map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    expect(turns.filter(({ startMs }) => startMs > poisonMs + 2300).map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    deaths.length = before
  }, 60_000)

  it('is refused the second time, and the next voice is heard', async () => {
    await add('emb-frail', poisonableEmbeddingModel(), { mergeDistance: 0.3 })
    const before = deaths.length
    await using diarizer = await open('seg', 'emb-frail')
    for (let time = 0; time < 2; time += 1)
      await expect(diarizer.voices!.embed(POISON, signal)).rejects.toMatchObject({ code: 'diarization_failed' })
    expect(await diarizer.voices!.embed(LOW, signal)).toHaveLength(2)
    expect(deaths.length - before).toBe(2)
    deaths.length = before
  }, 60_000)
})
