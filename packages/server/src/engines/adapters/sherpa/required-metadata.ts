import { VigiaError } from '@vigia/protocol'
import type { SherpaFamily, SherpaModel } from './model.ts'

/**
 * Metadata that the library requires of the ONNX files of a family (sherpa-onnx 1.13.8), by part. Where a key is missing
 * it ends the whole process, so files are asked first.
 */

type Required = Readonly<Record<string, readonly string[]>>

const WHISPER_MULTILINGUAL = ['all_language_tokens', 'all_language_codes']
const SENSE_VOICE_LANGUAGES = ['auto', 'zh', 'en', 'ja', 'ko', 'yue'].map((code) => `lang_${code}`)

const REQUIRED: Readonly<Partial<Record<SherpaFamily, Required>>> = {
  nemo_ctc: { model: ['vocab_size', 'subsampling_factor'] },
  transducer: { encoder: ['model_type'], decoder: ['vocab_size', 'context_size'] },
  nemo_transducer: { encoder: ['vocab_size', 'subsampling_factor', 'pred_rnn_layers', 'pred_hidden'] },
  canary: { encoder: ['model_type', 'vocab_size', 'subsampling_factor', 'feat_dim'] },
  whisper: {
    encoder: [
      ...['n_mels', 'n_text_layer', 'n_text_ctx', 'n_text_state', 'n_vocab', 'sot', 'eot', 'blank_id'],
      ...['translate', 'transcribe', 'is_multilingual', 'no_timestamps', 'no_speech', 'sot_sequence'],
    ],
  },
  sense_voice: {
    model: [
      ...['vocab_size', 'lfr_window_size', 'lfr_window_shift', 'normalize_samples', 'with_itn', 'without_itn'],
      ...SENSE_VOICE_LANGUAGES,
      ...['neg_mean', 'inv_stddev'],
    ],
  },
}

/** Keys that a part of this model must have. */
export function requiredOf(
  { files: { family } }: Pick<SherpaModel, 'files'>,
  part: string,
  metadata: ReadonlyMap<string, string>,
) {
  const keys = REQUIRED[family]?.[part] ?? []
  const isMultilingual = family === 'whisper' && part === 'encoder' && metadata.get('is_multilingual') === '1'
  return isMultilingual ? [...keys, ...WHISPER_MULTILINGUAL] : keys
}

/** @throws VigiaError `model_invalid` when a key is missing or empty, which the library takes for the same */
export function assertMetadata(
  path: string,
  family: string,
  metadata: ReadonlyMap<string, string>,
  required: readonly string[],
): void {
  const missing = required.filter((key) => !metadata.get(key))
  if (missing.length === 0) return
  throw new VigiaError('model_invalid', `${path} lacks the metadata that ${family} needs: ${missing.join(', ')}.`, {
    hint: 'It is another kind of model, or was exported without metadata. Take the export made for sherpa-onnx.',
  })
}
