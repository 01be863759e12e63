import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineDeath } from '../../host/engine-process.ts'
import type { SherpaModel } from './model.ts'
import { readOnnxMetadata } from './onnx-metadata.ts'
import { openSherpaAsr } from './sherpa.ts'
import { nemoCtcModel } from './testing/onnx-writer.ts'

const METADATA = { vocab_size: '2', subsampling_factor: '1', normalize_type: 'NA' }
/** Every frame is the letter `a`, whatever is heard. */
const ALWAYS_A = new Float32Array(80 * 3).map((_, at) => (at % 3 === 0 ? -1 : 1))

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-sherpa-'))
})
afterAll(async () => rm(dir, { recursive: true }))

async function model(name: string, onnx: Uint8Array, tokens = 'a 0\nb 1\n<blk> 2\n'): Promise<SherpaModel> {
  const path = join(dir, `${name}.onnx`)
  const tokensPath = join(dir, `${name}.txt`)
  await writeFile(path, onnx)
  await writeFile(tokensPath, tokens)
  return { id: name, files: { family: 'nemo_ctc', model: path }, tokens: tokensPath, languages: ['es'] }
}

describe('opening a model', () => {
  it('loads a generated model and decodes with it', async () => {
    await using asr = await openSherpaAsr(await model('good', nemoCtcModel(ALWAYS_A, 3, METADATA)))
    async function* audio() {
      yield { samples: Int16Array.from({ length: 16_000 }, (_, at) => 8000 * Math.sin(at / 3)), startMs: 0 }
    }
    const events = await Array.fromAsync(
      asr.transcribe(audio(), { language: 'es', purpose: 'final' }, new AbortController().signal),
    )
    expect(events).toMatchObject([{ type: 'final', startMs: 0, endMs: 1000 }])
    expect(events[0]!.text).toMatch(/^[ab]+$/)
  })

  it('reads the metadata without loading', async () => {
    const { files } = await model('meta', nemoCtcModel(ALWAYS_A, 3, METADATA))
    expect(Object.fromEntries(await readOnnxMetadata(files.family === 'nemo_ctc' ? files.model : ''))).toEqual(METADATA)
  })

  it.each([
    ['a file that was cut off', () => nemoCtcModel(ALWAYS_A, 3, METADATA).subarray(0, 700), 'a 0\n<blk> 1\n', 'model_invalid'],
    ['a file that is no model', () => Buffer.from('<!doctype html>'), 'a 0\n<blk> 1\n', 'model_invalid'],
    ['an empty file', () => new Uint8Array(0), 'a 0\n<blk> 1\n', 'model_invalid'],
    ['missing metadata', () => nemoCtcModel(ALWAYS_A, 3, { vocab_size: '2' }), 'a 0\n<blk> 1\n', 'model_invalid'],
    ['tokens without a blank', () => nemoCtcModel(ALWAYS_A, 3, METADATA), 'a 0\nb 1\n', 'model_invalid'],
  ])('refuses %s before the library sees it', async (name, onnx, tokens, code) => {
    const deaths: EngineDeath[] = []
    const opening = openSherpaAsr(await model(name.replaceAll(' ', '-'), onnx(), tokens), {
      onDeath: (death) => deaths.push(death),
    })
    await expect(opening).rejects.toMatchObject({ code })
    expect(deaths).toEqual([])
  })

  it('refuses files that are missing or others than expected, and a language the family does not know', async () => {
    const good = await model('checked', nemoCtcModel(ALWAYS_A, 3, METADATA))
    const path = good.files.family === 'nemo_ctc' ? good.files.model : ''
    await expect(openSherpaAsr({ ...good, tokens: join(dir, 'none') })).rejects.toMatchObject({ code: 'model_not_found' })
    await expect(openSherpaAsr({ ...good, expected: { [path]: { sha256: '00' } } })).rejects.toMatchObject({
      code: 'model_invalid',
    })
    const whisper = { ...good, files: { family: 'whisper' as const, encoder: path, decoder: path }, language: 'tlh' }
    await expect(openSherpaAsr(whisper)).rejects.toMatchObject({ code: 'language_not_supported' })
  })

  it('refuses a graph that the library cannot read', async () => {
    const bad = Buffer.from(nemoCtcModel(ALWAYS_A, 3, METADATA))
    bad.write('MatMux', bad.indexOf('MatMul'))
    await expect(openSherpaAsr(await model('unusable', bad))).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('survives a model that ends the process each time it is loaded', async () => {
    // A value that only the library finds wrong: it ends its process on a negative number.
    const deaths: EngineDeath[] = []
    const opening = openSherpaAsr(await model('negative', nemoCtcModel(ALWAYS_A, 3, { ...METADATA, subsampling_factor: '-1' })), {
      onDeath: (death) => deaths.push(death),
    })
    await expect(opening).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths.map(({ reason }) => reason)).toEqual(Array(3).fill('exit code 255'))
  })
})
