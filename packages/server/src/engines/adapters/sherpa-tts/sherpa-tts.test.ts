import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ttsContract } from '../../contract/tts-contract.ts'
import { attribute, FLOAT, file, INT64, initializer, int64s, node, text, valueInfo } from '../sherpa/testing/onnx-writer.ts'
import { openSherpaTts, type SherpaVoice } from './sherpa-tts.ts'

/** A VITS voice of the "characters" frontend that says each letter as a tone of 125 ms. */

const LETTERS = ' .,abcdefghijklmnopqrstuvwxyzáéíóúñ¿?¡!ABCDEFGHIJKLMNOPQRSTUVWXYZ_'
const PIECE = 1000
const RATE = 8000

function toneVoice(): Uint8Array {
  const tones = new Float32Array(LETTERS.length * PIECE)
  for (let letter = 0; letter < LETTERS.length; letter += 1) {
    for (let i = 0; i < PIECE; i += 1) {
      tones[letter * PIECE + i] = 0.4 * Math.sin((2 * Math.PI * (200 + 20 * letter) * i) / RATE)
    }
  }
  return file(
    {
      model_type: 'vits',
      comment: 'test',
      language: 'Spanish',
      sample_rate: String(RATE),
      n_speakers: '1',
      frontend: 'characters',
      add_blank: '0',
      blank_id: '0',
      bos_id: '0',
      eos_id: '0',
      use_eos_bos: '0',
      pad_id: '0',
      punctuation: ', . ? !',
    },
    node('Gather', ['tones', 'x'], ['pieces'], attribute('axis', 0)),
    node('Reshape', ['pieces', 'shape'], ['y']),
    text(2, 'tones'),
    initializer('tones', [LETTERS.length, PIECE], tones),
    int64s('shape', [1, 1, -1]),
    valueInfo(11, 'x', INT64, ['N', 'T']),
    valueInfo(11, 'x_length', INT64, ['N']),
    valueInfo(11, 'noise_scale', FLOAT, [1]),
    valueInfo(11, 'length_scale', FLOAT, [1]),
    valueInfo(11, 'noise_scale_w', FLOAT, [1]),
    valueInfo(12, 'y', FLOAT, ['N', 1, 'S']),
  )
}

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-voice-'))
  await writeFile(join(dir, 'voice.onnx'), toneVoice())
  await writeFile(join(dir, 'tokens.txt'), [...LETTERS].map((letter, i) => `${letter} ${i}`).join('\n'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const voice = (): SherpaVoice => ({
  id: 'tones',
  languages: ['es'],
  sid: 0,
  tellsLanguage: false,
  config: {
    vits: { model: join(dir, 'voice.onnx'), tokens: join(dir, 'tokens.txt'), dataDir: '', lexicon: '' },
    numThreads: 1,
    provider: 'cpu',
    debug: 0,
  },
})

ttsContract('sherpa-tts', () => openSherpaTts(voice()))

it('refuses a language that its voice does not have', async () => {
  await using tts = await openSherpaTts(voice())
  const said = Array.fromAsync(tts.synthesize({ text: 'Hello.', language: 'en' }, new AbortController().signal))
  await expect(said).rejects.toMatchObject({ code: 'language_not_supported' })
})
