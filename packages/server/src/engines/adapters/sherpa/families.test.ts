import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import type { Asr, AsrEvent, AsrOptions } from '../../asr.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import type { SherpaFamily, SherpaModel } from './model.ts'
import { readOnnxMetadata } from './onnx-metadata.ts'
import { requiredOf } from './required-metadata.ts'
import { openSherpaAsr } from './sherpa.ts'
import { TRANSDUCER_PIECES } from './testing/icefall-models.ts'
import { type Recipe, toneRecipe, writeRecognizer } from './testing/tone-recognizers.ts'

/** Every family of offline recognizers, as a generated model in the real engine process. */

const FAMILIES = [
  'nemo_ctc',
  'zipformer_ctc',
  'sense_voice',
  'transducer',
  'nemo_transducer',
  'whisper',
  'canary',
  'moonshine',
] as const satisfies readonly SherpaFamily[]

const SILENCE = new Int16Array(4800)
const LOW = tone(300, 16_000, 400)
const HIGH = tone(5000, 16_000, 400)
const SPEECH = concatSamples([SILENCE, LOW, SILENCE, HIGH, SILENCE, LOW, SILENCE])

let dir: string
let folders = 0
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-families-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const write = (family: SherpaFamily, recipe?: Recipe): Promise<SherpaModel> =>
  writeRecognizer(path.join(dir, String(folders++)), family, recipe)

const firstLanguage = ({ languages }: SherpaModel): string => (languages === 'any' ? 'es' : languages[0]!)

async function hear(asr: Asr, options: Partial<AsrOptions> = {}): Promise<AsrEvent[]> {
  async function* once() {
    yield { samples: SPEECH.slice(), startMs: 0 }
  }
  const asked: AsrOptions = { language: 'es', purpose: 'final', ...options }
  return Array.fromAsync(asr.transcribe(once(), asked, new AbortController().signal))
}

const texts = (events: AsrEvent[]): string => events.map(({ text }) => text).join(' ')

for (const family of FAMILIES)
  asrContract(
    `sherpa ${family}`,
    async () => openSherpaAsr(await write(family)),
    async () => ({
      samples: SPEECH,
      language: firstLanguage({ ...(await write(family)) }),
      words: ['grave', 'agudo', 'grave'],
    }),
  )

describe('a sherpa recognizer', () => {
  it.each(['nemo_ctc', 'zipformer_ctc', 'sense_voice', 'transducer', 'nemo_transducer'] as const)(
    'of the family %s places each word where its tone begins',
    async (family) => {
      const model = await write(family)
      await using asr = await openSherpaAsr(model)
      const [event] = await hear(asr, { language: firstLanguage(model) })
      const starts = event?.type === 'final' ? event.words.map(({ startMs }) => startMs) : []
      expect(starts).toHaveLength(3)
      for (const [index, at] of [300, 1000, 1700].entries()) expect(Math.abs(starts[index]! - at)).toBeLessThanOrEqual(60)
    },
  )

  it('writes what sounds alike as the hotword that was asked for, and only then', async () => {
    const model = await write('transducer')
    const bpeVocab = path.join(dir, 'pieces.vocab')
    await writeFile(bpeVocab, TRANSDUCER_PIECES)
    await using asr = await openSherpaAsr({ ...model, bpeVocab })
    expect(asr.capabilities.hotwords).toBe(true)
    expect(texts(await hear(asr))).toBe('grave agudo grave')
    const [asked, notAsked] = await Promise.all([hear(asr, { hotwords: ['grabe', 'otra/cosa'] }), hear(asr)])
    expect(texts(asked)).toBe('grabe agudo grabe')
    expect(texts(notAsked)).toBe('grave agudo grave')
  })

  it('takes no hotwords without the pieces to spell them by', async () => {
    await using asr = await openSherpaAsr(await write('transducer'))
    expect(asr.capabilities.hotwords).toBe(false)
    expect(texts(await hear(asr, { hotwords: ['grabe'] }))).toBe('grave agudo grave')
  })

  it('says which language was asked for or found, as its code', async () => {
    await using whisper = await openSherpaAsr({ ...(await write('whisper')), languages: 'any' })
    expect(await hear(whisper, { language: 'es-MX' })).toMatchObject([{ language: 'es' }])
    expect(await hear(whisper, { language: 'auto' })).toMatchObject([{ language: 'en' }])
    await using senseVoice = await openSherpaAsr(await write('sense_voice'))
    expect(await hear(senseVoice, { language: 'ko' })).toMatchObject([{ language: 'ko' }])
  })

  it('refuses a language that the family knows and this export does not, and lives', async () => {
    const deaths: EngineDeath[] = []
    const model = await write('whisper')
    await using asr = await openSherpaAsr({ ...model, languages: 'any' }, { onDeath: (death) => deaths.push(death) })
    await expect(hear(asr, { language: 'de' })).rejects.toMatchObject({ code: 'language_not_supported' })
    expect(texts(await hear(asr))).toBe('grave agudo grave')
    await expect(openSherpaAsr({ ...model, language: 'de' })).rejects.toMatchObject({ code: 'language_not_supported' })
    expect(deaths).toEqual([])
  })
})

describe('a model of each family with a key missing', () => {
  it.each(FAMILIES)('%s is refused before the library sees it, whichever key it is', async (family) => {
    const deaths: EngineDeath[] = []
    const recipe = toneRecipe(family)
    const first = Object.keys(recipe.files)[0]!
    const model = await write(family, recipe)
    const { family: _, ...paths } = model.files
    const metadata = await readOnnxMetadata((paths as Record<string, string>)[first]!)
    for (const key of requiredOf(model, first, metadata)) {
      expect(metadata.has(key), key).toBe(true)
      const lacking = await write(family, toneRecipe(family, { [key]: '' }))
      await expect(openSherpaAsr(lacking, { onDeath: (death) => deaths.push(death) })).rejects.toMatchObject({
        code: 'model_invalid',
        message: expect.stringContaining(key),
      })
    }
    for (const part of Object.keys(recipe.files)) {
      const bytes = recipe.files[part]!
      const cut = { ...recipe, files: { ...recipe.files, [part]: bytes.subarray(0, bytes.length >> 1) } }
      await expect(openSherpaAsr(await write(family, cut))).rejects.toMatchObject({ code: 'model_invalid' })
    }
    expect(deaths).toEqual([])
  })

  it.each([
    ['canary', 'without a symbol of its prompt', (text: string) => text.replace('<|noitn|>', '<|other|>')],
    ['canary', 'with a symbol too many', (text: string) => `${text}▁más 16\n`],
    ['nemo_transducer', 'with the blank first', (text: string) => text.replace('<blk> 3\n', '').replace(/^/, '<blk> 3\n')],
    ['nemo_transducer', 'with a symbol missing', (text: string) => text.replace('▁grabe 2\n', '')],
    ['zipformer_ctc', 'without a blank', (text: string) => text.replace('<blk>', '<nada>')],
  ] as const)('%s tokens %s are refused too', async (family, _, change) => {
    const recipe = toneRecipe(family)
    const deaths: EngineDeath[] = []
    const model = await write(family, { ...recipe, tokens: change(recipe.tokens) })
    await expect(openSherpaAsr(model, { onDeath: (death) => deaths.push(death) })).rejects.toMatchObject({
      code: 'model_invalid',
    })
    expect(deaths).toEqual([])
  })
})
