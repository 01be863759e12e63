import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import { verifyFile } from '../../host/verify-file.ts'
import { knowsLanguage } from './languages.ts'
import { onnxPaths, type SherpaFamily, type SherpaModel } from './model.ts'
import { readOnnxMetadata } from './onnx-metadata.ts'
import { assertMetadata, requiredOf } from './required-metadata.ts'

/**
 * Everything that can be known to be wrong before the library sees a model: where it finds a required key missing or a
 * language unknown, it ends the whole process.
 */

/** What the files say of the model. */
export interface ModelFacts {
  /** Language codes a Whisper export has; it ends the process on any other. Null where the files name none. */
  languageCodes: ReadonlySet<string> | null
}

/** @throws VigiaError `model_not_found`, `model_invalid`, `language_not_supported` */
export async function validateModel(model: SherpaModel): Promise<ModelFacts> {
  const { family, ...parts } = model.files
  for (const path of [...onnxPaths(model), model.tokens]) await verifyFile(path, model.expected?.[path] ?? {})
  assertOpensWith(family, model.language ?? '')
  let facts: ReadonlyMap<string, string> = new Map()
  for (const [index, [part, path]] of Object.entries(parts).entries()) {
    const metadata = await readOnnxMetadata(path)
    assertMetadata(path, family, metadata, requiredOf(model, part, metadata))
    if (index === 0) facts = metadata
  }
  await assertTokens(model, facts)
  const codes = family === 'whisper' ? facts.get('all_language_codes') : undefined
  const languageCodes = codes ? new Set(codes.split(',').map((code) => code.trim())) : null
  if (model.language && languageCodes && !languageCodes.has(model.language)) throw unknownLanguage(family, model.language)
  return { languageCodes }
}

function assertOpensWith(family: SherpaFamily, language: string): void {
  if (!knowsLanguage(family, language)) throw unknownLanguage(family, language)
}

const unknownLanguage = (family: string, language: string): VigiaError =>
  new VigiaError('language_not_supported', `Expected a language of the ${family} family, got "${language}".`, {
    hint: "Set the model's language to one it knows.",
  })

const BLANKS = ['<blk>', '<eps>', '<blank>']
/** Symbols of Canary's prompt. */
const CANARY_SYMBOLS = [
  ...[
    '<|startofcontext|>',
    '<|startoftranscript|>',
    '<|emo:undefined|>',
    '<|endoftext|>',
    '<|en|>',
    '<|es|>',
    '<|de|>',
    '<|fr|>',
  ],
  ...['<|pnc|>', '<|noitn|>', '<|notimestamp|>', '<|nodiarize|>'],
]

/** Symbols that the library looks for, and as many as the model has: otherwise it ends the process too. */
async function assertTokens({ files: { family }, tokens }: SherpaModel, facts: ReadonlyMap<string, string>): Promise<void> {
  if (family !== 'nemo_ctc' && family !== 'nemo_transducer' && family !== 'zipformer_ctc' && family !== 'canary') return
  const lines = (await readFile(tokens, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  const symbols = new Set(lines.map((line) => line.split(/\s+/)[0]!))
  const lacks = (what: string): VigiaError =>
    new VigiaError('model_invalid', `Expected ${what} in ${tokens}, got ${lines.length} symbols without.`, {
      hint: 'The tokens file belongs to another model.',
    })
  if (family === 'canary') {
    const missing = CANARY_SYMBOLS.filter((symbol) => !symbols.has(symbol))
    if (missing.length > 0) throw lacks(missing.join(', '))
    if (lines.length !== Number(facts.get('vocab_size'))) throw lacks(`${facts.get('vocab_size')} symbols`)
    return
  }
  if (!BLANKS.some((blank) => symbols.has(blank))) throw lacks(`one of ${BLANKS.join(', ')}`)
  const expected = Number(facts.get('vocab_size')) + 1
  if (family === 'nemo_transducer' && (lines.length !== expected || !lines.at(-1)!.startsWith('<blk>')))
    throw lacks(`${expected} symbols, <blk> the last,`)
}
