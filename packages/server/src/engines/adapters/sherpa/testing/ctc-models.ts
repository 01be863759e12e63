import {
  attribute,
  FLOAT,
  file,
  floats,
  INT32,
  INT64,
  int64s,
  ints,
  node,
  streamingToneCtcModel,
  text,
  toneEmbeddingModel,
  valueInfo,
} from './onnx-writer.ts'
import { classNodes, everyNth } from './onset-nodes.ts'

/** CTC recognizers beside NeMo's that hear tones: one token a frame, repetitions are the library's to join. */

export const ZIPFORMER_CTC_TOKENS = '<blk> 0\n▁grave 1\n▁agudo 2\n'

/** As icefall exports a non-streaming zipformer with a CTC head: every fourth frame. */
export function zipformerCtcModel(metadata: Record<string, string> = {}, threshold = -6): Uint8Array {
  return file(
    { model_type: 'zipformer2_ctc', ...metadata },
    ...everyNth('x', 'frames', 4),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    node('OneHot', ['classes', 'depth', 'values'], ['log_probs'], attribute('axis', 2)),
    node('Add', ['x_lens', 'lessThanStep'], ['longer']),
    node('Div', ['longer', 'step'], ['log_probs_len']),
    int64s('depth', [3]),
    floats('values', [2], [-10, 0]),
    int64s('lessThanStep', [3]),
    text(2, 'ctc'),
    valueInfo(11, 'x', FLOAT, ['N', 'T', 80]),
    valueInfo(11, 'x_lens', INT64, ['N']),
    valueInfo(12, 'log_probs', FLOAT, ['N', 'S', 3]),
    valueInfo(12, 'log_probs_len', INT64, ['N']),
  )
}

/** What ends the process: a tone between the two. */
const POISON_BANDS = [30, 45]
/** Far above what leaks into these bands from the other tones. */
const POISON_LEVEL = 0
const STREAMING_POISON_LEVEL = 3

/**
 * A NeMo-CTC model that hears tones and ends its process where a tone of about 1500 Hz sounds: the least whole number is
 * divided by -1 there, which traps on x64 (and on no other processor). Tokens: low, high, blank.
 */
export function poisonableCtcModel(threshold = -6): Uint8Array {
  return file(
    { vocab_size: '2', subsampling_factor: '1', normalize_type: 'NA' },
    node('Transpose', ['audio_signal'], ['frames'], ints('perm', [0, 2, 1])),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    node('Slice', ['frames', 'poisonFrom', 'poisonTo', 'bandAxis'], ['poisonBands']),
    node('ReduceMax', ['poisonBands'], ['poison'], ints('axes', [2]), attribute('keepdims', 0)),
    node('Greater', ['poison', 'poisonLevel'], ['isPoison']),
    node('Where', ['isPoison', 'minusOne', 'plusOne'], ['divisor']),
    node('Where', ['isPoison', 'least', 'classes'], ['dividend']),
    node('Div', ['dividend', 'divisor'], ['rowOfFrame']),
    node('Gather', ['rows', 'rowOfFrame'], ['logprobs'], attribute('axis', 0)),
    floats('rows', [3, 3], [-10, -10, 0, 0, -10, -10, -10, 0, -10]),
    floats('poisonLevel', [1], [POISON_LEVEL]),
    int64s('minusOne', [-1]),
    int64s('plusOne', [1]),
    int64s('least', ['-9223372036854775808']),
    int64s('poisonFrom', [POISON_BANDS[0]!]),
    int64s('poisonTo', [POISON_BANDS[1]!]),
    text(2, 'poisonable'),
    valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'T', 3]),
  )
}

/** {@link poisonableCtcModel} as a streaming model. */
export const poisonableStreamingModel = (): Uint8Array =>
  streamingToneCtcModel(
    {},
    0,
    poisonNodes({ bands: 'frames', axis: 2, level: STREAMING_POISON_LEVEL, of: 'logprobsOfTones', out: 'logprobs' }),
  )

/** A voice model that ends its process where a voice is mostly a tone of about 1500 Hz. */
export const poisonableEmbeddingModel = (): Uint8Array =>
  toneEmbeddingModel({}, poisonNodes({ bands: 'mean', axis: 1, level: POISON_LEVEL, of: 'direction', out: 'embs' }))

/** Adds zero to `of`, by a division that traps where the tone sounds in `bands`. */
function poisonNodes({
  bands,
  axis,
  level,
  of,
  out,
}: {
  bands: string
  axis: 1 | 2
  level: number
  of: string
  out: string
}): Uint8Array[] {
  return [
    node('Slice', [bands, 'poisonFrom', 'poisonTo', `axis${axis}`], ['poisonBands']),
    node('ReduceMax', ['poisonBands'], ['poison'], ints('axes', [axis]), attribute('keepdims', 1)),
    node('Greater', ['poison', 'poisonLevel'], ['isPoison']),
    node('Where', ['isPoison', 'minusOne', 'plusOne'], ['divisor']),
    node('Where', ['isPoison', 'least', 'none'], ['dividend']),
    node('Div', ['dividend', 'divisor'], ['nothing']),
    node('Cast', ['nothing'], ['nothingAsFloat'], attribute('to', FLOAT)),
    node('Add', [of, 'nothingAsFloat'], [out]),
    floats('poisonLevel', [1], [level]),
    int64s('minusOne', [-1]),
    int64s('plusOne', [1]),
    int64s('none', [0]),
    int64s('least', ['-9223372036854775808']),
    int64s('poisonFrom', [POISON_BANDS[0]!]),
    int64s('poisonTo', [POISON_BANDS[1]!]),
  ]
}

const SENSE_VOICE_SYMBOLS = ['<blk>', '▁grave', '▁agudo', '<|en|>', '<|ko|>', '<|NEUTRAL|>', '<|Speech|>', '<|withitn|>']
export const SENSE_VOICE_TOKENS = SENSE_VOICE_SYMBOLS.map((symbol, id) => `${symbol} ${id}\n`).join('')

/** As SenseVoice is exported: four tokens ahead say language, mood, kind of sound and number style. Found language: what was asked. */
export function senseVoiceModel(metadata: Record<string, string> = {}, threshold = -6): Uint8Array {
  const size = SENSE_VOICE_SYMBOLS.length
  const languages = { lang_auto: '0', lang_zh: '1', lang_en: '3', lang_ja: '2', lang_ko: '4', lang_yue: '5' }
  const facts = {
    comment: 'tones',
    vocab_size: String(size),
    lfr_window_size: '1',
    lfr_window_shift: '1',
    normalize_samples: '1',
    with_itn: '7',
    without_itn: '7',
    ...languages,
    neg_mean: Array(80).fill('0').join(','),
    inv_stddev: Array(80).fill('1').join(','),
  }
  return file(
    { ...facts, ...metadata },
    ...classNodes({ frames: 'x', classes: 'classes', threshold }),
    node('Cast', ['language'], ['languageId'], attribute('to', INT64)),
    node('Concat', ['languageId', 'about'], ['ahead'], attribute('axis', 0)),
    node('Unsqueeze', ['ahead', 'zero'], ['aheadRow']),
    node('Concat', ['aheadRow', 'classes'], ['tokens'], attribute('axis', 1)),
    node('OneHot', ['tokens', 'depth', 'values'], ['logits'], attribute('axis', 2)),
    int64s('about', [5, 6, 7]),
    int64s('zero', [0]),
    int64s('depth', [size]),
    floats('values', [2], [0, 10]),
    text(2, 'sense voice'),
    valueInfo(11, 'x', FLOAT, ['N', 'T', 80]),
    valueInfo(11, 'x_length', INT32, ['N']),
    valueInfo(11, 'language', INT32, ['N']),
    valueInfo(11, 'text_norm', INT32, ['N']),
    valueInfo(12, 'logits', FLOAT, ['N', 'S', size]),
  )
}
