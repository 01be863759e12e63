import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { SherpaFamily, SherpaFiles, SherpaModel } from '../model.ts'
import { CANARY_TOKENS, canaryModel, WHISPER_TOKENS, whisperModel } from './attention-models.ts'
import { SENSE_VOICE_TOKENS, senseVoiceModel, ZIPFORMER_CTC_TOKENS, zipformerCtcModel } from './ctc-models.ts'
import { icefallTransducer, TRANSDUCER_TOKENS } from './icefall-models.ts'
import { MOONSHINE_TOKENS, moonshineModel } from './moonshine-model.ts'
import { NEMO_TOKENS, nemoTdt } from './nemo-transducers.ts'
import { toneCtcModel } from './onnx-writer.ts'

/** A generated recognizer of every family: a low tone is "grave", a high one "agudo". */

export interface Recipe {
  files: Readonly<Record<string, Uint8Array>>
  tokens: string
  languages: SherpaModel['languages']
}

/** Generates the files of a family. `metadata` overrides that of the first file. */
export function toneRecipe(family: SherpaFamily, metadata: Record<string, string> = {}): Recipe {
  switch (family) {
    case 'nemo_ctc': {
      const facts = { vocab_size: '2', subsampling_factor: '1', normalize_type: 'NA', ...metadata }
      return { files: { model: toneCtcModel(facts) }, tokens: '▁grave 0\n▁agudo 1\n<blk> 2\n', languages: ['es'] }
    }
    case 'zipformer_ctc':
      return { files: { model: zipformerCtcModel(metadata) }, tokens: ZIPFORMER_CTC_TOKENS, languages: ['es'] }
    case 'sense_voice':
      return { files: { model: senseVoiceModel(metadata) }, tokens: SENSE_VOICE_TOKENS, languages: ['en', 'ko'] }
    case 'transducer':
      return { files: { ...icefallTransducer(metadata) }, tokens: TRANSDUCER_TOKENS, languages: ['es'] }
    case 'nemo_transducer':
      return { files: { ...nemoTdt(metadata) }, tokens: NEMO_TOKENS, languages: ['es'] }
    case 'whisper':
      return { files: { ...whisperModel(metadata) }, tokens: WHISPER_TOKENS, languages: ['es', 'en'] }
    case 'canary':
      return { files: { ...canaryModel(metadata) }, tokens: CANARY_TOKENS, languages: ['es', 'en'] }
    case 'moonshine':
      return { files: { ...moonshineModel() }, tokens: MOONSHINE_TOKENS, languages: ['en'] }
  }
}

/** Writes a recipe into a folder and describes it. */
export async function writeRecognizer(dir: string, family: SherpaFamily, recipe = toneRecipe(family)): Promise<SherpaModel> {
  await mkdir(dir, { recursive: true })
  const place = async (name: string, content: Uint8Array | string): Promise<string> => {
    const file = path.join(dir, name)
    await writeFile(file, content)
    return file
  }
  const files: Record<string, string> = {}
  for (const [part, bytes] of Object.entries(recipe.files)) files[part] = await place(`${part}.onnx`, bytes)
  const tokens = await place('tokens.txt', recipe.tokens)
  return {
    id: family,
    files: { family, ...files } as SherpaFiles,
    tokens,
    languages: recipe.languages,
    ...(family === 'canary' ? { language: 'es' } : {}),
  }
}
