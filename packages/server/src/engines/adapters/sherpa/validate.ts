import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import { verifyFile } from '../../host/verify-file.ts'
import { knowsLanguage } from './languages.ts'
import { onnxPaths, type SherpaFamily, type SherpaModel } from './model.ts'
import { readOnnxMetadata } from './onnx-metadata.ts'

/**
 * Everything that can be known to be wrong before the library sees a model: where it finds a required key missing or a
 * language unknown, it ends the whole process.
 */

/** Metadata that the library requires of a family's first file (sherpa-onnx 1.13.8). */
const REQUIRED: Partial<Record<SherpaFamily, readonly string[]>> = {
  nemo_ctc: ['vocab_size', 'subsampling_factor'],
  nemo_transducer: ['vocab_size', 'subsampling_factor', 'pred_rnn_layers', 'pred_hidden'],
  whisper: ['n_mels', 'n_text_layer', 'n_text_ctx', 'n_text_state', 'n_vocab', 'sot', 'eot', 'is_multilingual', 'sot_sequence'],
}
const BLANKS = ['<blk>', '<eps>', '<blank>']

/** @throws VigiaError `model_not_found`, `model_invalid`, `language_not_supported` */
export async function validateModel(model: SherpaModel): Promise<void> {
  const { family } = model.files
  for (const path of [...onnxPaths(model), model.tokens]) await verifyFile(path, model.expected?.[path] ?? {})
  assertOpensWith(family, model.language ?? '')
  for (const [index, path] of onnxPaths(model).entries()) {
    const metadata = await readOnnxMetadata(path)
    const missing = index === 0 ? (REQUIRED[family] ?? []).filter((key) => !metadata.has(key)) : []
    if (missing.length > 0)
      throw new VigiaError('model_invalid', `${path} lacks the metadata that ${family} needs: ${missing.join(', ')}.`, {
        hint: 'It is another kind of model, or was exported without metadata. Take the export made for sherpa-onnx.',
      })
  }
  await assertTokens(model)
}

function assertOpensWith(family: SherpaFamily, language: string): void {
  if (knowsLanguage(family, language)) return
  throw new VigiaError('language_not_supported', `Expected a language of the ${family} family, got "${language}".`, {
    hint: "Set the model's language to one it knows.",
  })
}

/** A CTC model without a blank ends the process too. */
async function assertTokens({ files, tokens }: SherpaModel): Promise<void> {
  if (files.family !== 'nemo_ctc' && files.family !== 'nemo_transducer' && files.family !== 'zipformer_ctc') return
  const symbols = new Set((await readFile(tokens, 'utf8')).split('\n').map((line) => line.split(/\s+/)[0]))
  if (BLANKS.some((blank) => symbols.has(blank))) return
  throw new VigiaError('model_invalid', `Expected one of ${BLANKS.join(', ')} in ${tokens}, got none.`, {
    hint: 'The tokens file belongs to another model.',
  })
}
