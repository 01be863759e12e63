import { attribute, FLOAT, file, floats, INT32, INT64, int64s, ints, node, text, valueInfo } from './onnx-writer.ts'
import { classNodes, everyNth, onsetListNodes, onsetNodes, stepNodes } from './onset-nodes.ts'

/**
 * Encoder-decoder recognizers that hear tones. The encoder makes the list of tones; the decoder writes the token of the
 * n-th tone at the n-th step, and the end where the list ends.
 */

export interface EncoderDecoder {
  encoder: Uint8Array
  decoder: Uint8Array
}

const row = (size: number, values: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: size }, (_, at) => values[at] ?? 0)

/** Ids of the generated Whisper model. */
const WHISPER = { low: 0, high: 1, eot: 2, sot: 3, es: 4, en: 5, transcribe: 6, translate: 7, noTimestamps: 8, noSpeech: 9 }
const WHISPER_VOCABULARY = 10
export const WHISPER_TOKENS = [' grave', ' agudo'].map((token, id) => `${Buffer.from(token).toString('base64')} ${id}\n`).join('')

/** As sherpa-onnx exports Whisper: keys and values of the sound come from the encoder, self-attention caches pass through. */
export function whisperModel(metadata: Record<string, string> = {}, threshold = 0.9): EncoderDecoder {
  const facts = {
    model_type: 'whisper-tones',
    n_mels: '80',
    n_text_layer: '1',
    n_text_ctx: '448',
    n_text_state: '1',
    n_vocab: String(WHISPER_VOCABULARY),
    sot: String(WHISPER.sot),
    eot: String(WHISPER.eot),
    blank_id: '0',
    translate: String(WHISPER.translate),
    transcribe: String(WHISPER.transcribe),
    is_multilingual: '1',
    no_timestamps: String(WHISPER.noTimestamps),
    no_speech: String(WHISPER.noSpeech),
    sot_sequence: [WHISPER.sot, WHISPER.es, WHISPER.transcribe].join(','),
    all_language_tokens: [WHISPER.es, WHISPER.en].join(','),
    all_language_codes: 'es,en',
  }
  const encoder = file(
    { ...facts, ...metadata },
    node('Transpose', ['mel'], ['frames'], ints('perm', [0, 2, 1])),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    ...onsetNodes('classes', 'onsets'),
    ...onsetListNodes('onsets', 'list'),
    node('Reshape', ['list', 'crossShape'], ['n_layer_cross_k']),
    node('Identity', ['n_layer_cross_k'], ['n_layer_cross_v']),
    int64s('crossShape', [1, 1, -1, 1]),
    text(2, 'encoder'),
    valueInfo(11, 'mel', FLOAT, [1, 80, 'T']),
    valueInfo(12, 'n_layer_cross_k', FLOAT, [1, 1, 'K', 1]),
    valueInfo(12, 'n_layer_cross_v', FLOAT, [1, 1, 'K', 1]),
  )
  return { encoder, decoder: whisperDecoder() }
}

function whisperDecoder(): Uint8Array {
  const { low, high, eot, es, en } = WHISPER
  // Asked for the language, before any tone is read, it finds English.
  const languages = { [es]: 1, [en]: 2 }
  const rows = [eot, low, high].map((token) => row(WHISPER_VOCABULARY, { ...languages, [token]: 10 }))
  const cache = [1, 1, 448, 1]
  return file(
    {},
    node('Shape', ['tokens'], ['shape']),
    node('Slice', ['shape', 'one', 'two'], ['count']),
    node('Add', ['offset', 'count'], ['end']),
    node('Sub', ['end', 'prompt'], ['index']),
    ...stepNodes('n_layer_cross_k', 'index', rows, 'step'),
    node('Concat', ['one', 'count', 'vocabulary'], ['logitsShape'], attribute('axis', 0)),
    node('Expand', ['step', 'logitsShape'], ['logits']),
    node('Identity', ['in_n_layer_self_k_cache'], ['out_n_layer_self_k_cache']),
    node('Identity', ['in_n_layer_self_v_cache'], ['out_n_layer_self_v_cache']),
    int64s('one', [1]),
    int64s('two', [2]),
    // Start, language, task, no timestamps: after four tokens the first word is due.
    int64s('prompt', [4]),
    int64s('vocabulary', [WHISPER_VOCABULARY]),
    text(2, 'decoder'),
    valueInfo(11, 'tokens', INT64, [1, 'L']),
    valueInfo(11, 'in_n_layer_self_k_cache', FLOAT, cache),
    valueInfo(11, 'in_n_layer_self_v_cache', FLOAT, cache),
    valueInfo(11, 'n_layer_cross_k', FLOAT, [1, 1, 'K', 1]),
    valueInfo(11, 'n_layer_cross_v', FLOAT, [1, 1, 'K', 1]),
    valueInfo(11, 'offset', INT64, [1]),
    valueInfo(12, 'logits', FLOAT, [1, 'L', WHISPER_VOCABULARY]),
    valueInfo(12, 'out_n_layer_self_k_cache', FLOAT, cache),
    valueInfo(12, 'out_n_layer_self_v_cache', FLOAT, cache),
  )
}

const CANARY_SYMBOLS = [
  '▁grave',
  '▁agudo',
  '<|endoftext|>',
  '<|startofcontext|>',
  '<|startoftranscript|>',
  '<|emo:undefined|>',
  '<|en|>',
  '<|es|>',
  '<|de|>',
  '<|fr|>',
  '<|pnc|>',
  '<|nopnc|>',
  '<|noitn|>',
  '<|notimestamp|>',
  '<|nodiarize|>',
  '<unk>',
]
export const CANARY_TOKENS = CANARY_SYMBOLS.map((symbol, id) => `${symbol} ${id}\n`).join('')
/** Tokens of the prompt; each is one step of the decoder. */
const CANARY_PROMPT = 9

/** As NeMo's multi-task models are exported (Canary). Features are normalised per band: a tone is what stands out of its band. */
export function canaryModel(metadata: Record<string, string> = {}, threshold = 0.8): EncoderDecoder {
  const facts = {
    model_type: 'EncDecMultiTaskModel',
    vocab_size: String(CANARY_SYMBOLS.length),
    normalize_type: 'per_feature',
    subsampling_factor: '8',
    feat_dim: '80',
    num_decoder_layers: '1',
    decoder_hidden_size: '1',
  }
  const encoder = file(
    { ...facts, ...metadata },
    ...everyNth('audio_signal', 'frames', 4),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    ...onsetNodes('classes', 'onsets'),
    ...onsetListNodes('onsets', 'list'),
    node('Reshape', ['list', 'encodedShape'], ['encoder_states']),
    node('Identity', ['length'], ['encoded_lengths']),
    node('Reshape', ['list', 'maskShape'], ['numbers']),
    node('Cast', ['numbers'], ['mask'], attribute('to', INT64)),
    int64s('encodedShape', [1, -1, 1]),
    int64s('maskShape', [1, -1]),
    text(2, 'encoder'),
    valueInfo(11, 'audio_signal', FLOAT, [1, 'T', 80]),
    valueInfo(11, 'length', INT64, [1]),
    valueInfo(12, 'encoder_states', FLOAT, [1, 'K', 1]),
    valueInfo(12, 'encoded_lengths', INT64, [1]),
    valueInfo(12, 'mask', INT64, [1, 'K']),
  )
  return { encoder, decoder: canaryDecoder() }
}

/** The length of its memory is the step it is at. */
function canaryDecoder(): Uint8Array {
  const rows = [2, 0, 1].map((token) => row(CANARY_SYMBOLS.length, { [token]: 10 }))
  return file(
    {},
    node('Concat', ['decoder_mems_0', 'memory'], ['new_decoder_mems_0'], attribute('axis', 1)),
    node('Shape', ['new_decoder_mems_0'], ['shape']),
    node('Slice', ['shape', 'one', 'two'], ['steps']),
    node('Sub', ['steps', 'prompt'], ['index']),
    ...stepNodes('encoder_states', 'index', rows, 'step'),
    node('Unsqueeze', ['step', 'firstIndex'], ['logits']),
    floats('memory', [1, 1, 1], [1]),
    int64s('one', [1]),
    int64s('two', [2]),
    int64s('prompt', [CANARY_PROMPT]),
    text(2, 'decoder'),
    valueInfo(11, 'decoder_input', INT32, [1, 2]),
    valueInfo(11, 'decoder_mems_0', FLOAT, [1, 'S', 1]),
    valueInfo(11, 'encoder_states', FLOAT, [1, 'K', 1]),
    valueInfo(11, 'enc_mask', INT64, [1, 'K']),
    valueInfo(12, 'logits', FLOAT, [1, 1, CANARY_SYMBOLS.length]),
    valueInfo(12, 'new_decoder_mems_0', FLOAT, [1, 'S2', 1]),
  )
}
