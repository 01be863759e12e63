import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import type { PcmChunk } from '../../audio.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import { streamingZipformer, streamingZipformerCtc, TRANSDUCER_TOKENS } from '../sherpa/testing/icefall-models.ts'
import { NEMO_TOKENS, streamingNemo } from '../sherpa/testing/nemo-transducers.ts'
import type { StreamingFiles, StreamingModel } from './config.ts'
import { openSherpaStreaming } from './sherpa-streaming.ts'

/** Every family of streaming recognizers beside NeMo's CTC, as a generated model in the real engine process. */

const SILENCE = new Int16Array(4800)
const SPEECH = concatSamples([
  ...[SILENCE, tone(300, 16_000, 400), SILENCE, tone(5000, 16_000, 400), SILENCE],
  ...[tone(300, 16_000, 400), SILENCE],
])

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-streaming-families-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function write(id: string, parts: object, tokens: string, more: Partial<StreamingModel> = {}): Promise<StreamingModel> {
  const files: Record<string, string> = {}
  for (const [part, bytes] of Object.entries(parts) as [string, Uint8Array][]) {
    files[part] = path.join(dir, `${id}-${part}.onnx`)
    await writeFile(files[part], bytes)
  }
  const tokensPath = path.join(dir, `${id}.txt`)
  await writeFile(tokensPath, tokens)
  return {
    id,
    files: { family: files.model ? 'zipformer2_ctc' : 'transducer', ...files } as unknown as StreamingFiles,
    tokens: tokensPath,
    languages: ['es', 'en'],
    punctuation: false,
    languageOption: false,
    featureDim: 80,
    threads: 1,
    expected: {},
    ...more,
  }
}

const LANGUAGES = { auto: 0, 'es-ES': 1, 'en-US': 2 }
const MODELS: Readonly<Record<string, () => Promise<StreamingModel>>> = {
  'zipformer transducer': () => write('zipformer', streamingZipformer(), TRANSDUCER_TOKENS),
  'zipformer CTC': () => write('ctc', { model: streamingZipformerCtc() }, TRANSDUCER_TOKENS),
  'NeMo transducer': () => write('nemo', streamingNemo(), NEMO_TOKENS),
  'multilingual NeMo transducer': () => write('nemotron', streamingNemo(LANGUAGES), NEMO_TOKENS, { languageOption: true }),
}

async function* chunks(samples: Int16Array): AsyncIterable<PcmChunk> {
  for (let at = 0; at < samples.length; at += 1600) yield { samples: samples.slice(at, at + 1600), startMs: at / 16 }
}
const signal = new AbortController().signal

for (const [name, model] of Object.entries(MODELS)) {
  asrContract(
    `sherpa-streaming, ${name}`,
    async () => openSherpaStreaming(await model()),
    async () => ({ samples: SPEECH, language: 'es', words: ['grave', 'agudo', 'grave'] }),
  )

  describe(name, () => {
    it('shows words while they are said, each where its tone begins, and keeps streams apart', async () => {
      await using asr = await openSherpaStreaming(await model())
      const hear = () => Array.fromAsync(asr.transcribe(chunks(SPEECH), { language: 'es', purpose: 'live' }, signal))
      const all = await Promise.all([hear(), hear(), hear(), hear()])
      for (const events of all) {
        expect(events.map(({ text }) => text)).toEqual(['grave', 'grave agudo', 'grave agudo grave', 'grave agudo grave'])
        const final = events.at(-1)!
        const starts = final.type === 'final' ? final.words.map(({ startMs }) => startMs) : []
        for (const [index, at] of [300, 1000, 1700].entries()) expect(Math.abs(starts[index]! - at)).toBeLessThanOrEqual(60)
      }
    })
  })
}

describe('a streaming recognizer', () => {
  it('takes the language of each utterance where the model does', async () => {
    await using asr = await openSherpaStreaming(await MODELS['multilingual NeMo transducer']!())
    const hear = async (language: string) =>
      (await Array.fromAsync(asr.transcribe(chunks(SPEECH), { language, purpose: 'live' }, signal))).at(-1)?.text
    // The generated model has another word for a low tone in English.
    expect(await Promise.all([hear('es'), hear('en')])).toEqual(['grave agudo grave', 'agudo'])
  })

  it('claims no hotwords: the library for Node takes none per stream', async () => {
    await using asr = await openSherpaStreaming(await MODELS['zipformer transducer']!())
    expect(asr.capabilities.hotwords).toBe(false)
  })

  it.each([
    [
      'a zipformer without its chunk length',
      () => write('bad-1', streamingZipformer({ decode_chunk_len: '' }), TRANSDUCER_TOKENS),
    ],
    ['a zipformer without its kind', () => write('bad-2', streamingZipformer({ model_type: '' }), TRANSDUCER_TOKENS)],
    [
      'a CTC model without its layers',
      () => write('bad-3', { model: streamingZipformerCtc({ num_encoder_layers: '' }) }, TRANSDUCER_TOKENS),
    ],
    [
      'the encoder of one family with the decoder of another',
      () => write('bad-4', { ...streamingZipformer(), decoder: streamingNemo().decoder }, TRANSDUCER_TOKENS),
    ],
  ])('refuses %s before the library sees it', async (_, model) => {
    const deaths: EngineDeath[] = []
    const opening = openSherpaStreaming(await model(), { onDeath: (death) => deaths.push(death) })
    await expect(opening).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths).toEqual([])
  })
})
