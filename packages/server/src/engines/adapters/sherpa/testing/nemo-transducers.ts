import { CHUNK, HIGH, LOW, QUIET, SUBSAMPLING, type TransducerFiles } from './icefall-models.ts'
import { attribute, FLOAT, file, floats, INT32, INT64, int64s, ints, node, text, valueInfo } from './onnx-writer.ts'
import { classNodes, everyNth, oneHotNodes, onsetNodes } from './onset-nodes.ts'

/** Transducers of NeMo that hear tones. The blank is the last token; the decoder has two states. */

const withBlankLast = ([blank, ...tokens]: readonly number[]): number[] => [...tokens, blank!]

export const NEMO_TOKENS = '▁grave 0\n▁agudo 1\n▁grabe 2\n<blk> 3\n'

/** As NeMo's token-and-duration transducers are exported (Parakeet): each token says how many frames it lasts. */
export function nemoTdt(metadata: Record<string, string> = {}, threshold = -6): TransducerFiles {
  const facts = {
    vocab_size: '3',
    subsampling_factor: String(SUBSAMPLING),
    normalize_type: 'NA',
    pred_rnn_layers: '1',
    pred_hidden: '3',
    feat_dim: '80',
    url: 'https://example.org/tdt',
  }
  const encoder = file(
    { ...facts, ...metadata },
    node('Transpose', ['audio_signal'], ['all'], ints('perm', [0, 2, 1])),
    ...everyNth('all', 'frames', SUBSAMPLING),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    ...onsetNodes('classes', 'onsets'),
    ...oneHotNodes('onsets', 'encoded'),
    node('Transpose', ['encoded'], ['outputs'], ints('perm', [0, 2, 1])),
    node('Add', ['length', 'lessThanStep'], ['longer']),
    node('Div', ['longer', 'step'], ['encoded_lengths']),
    int64s('lessThanStep', [SUBSAMPLING - 1]),
    text(2, 'encoder'),
    valueInfo(11, 'audio_signal', FLOAT, ['B', 80, 'T']),
    valueInfo(11, 'length', INT64, ['B']),
    valueInfo(12, 'outputs', FLOAT, ['B', 3, 'S']),
    valueInfo(12, 'encoded_lengths', INT64, ['B']),
  )
  // Three durations: none, one frame, two. One frame is always the best.
  const durations = [0, 5, 0]
  const rows = [QUIET, LOW, HIGH].map((row) => [...withBlankLast(row), ...durations])
  return { encoder, decoder: nemoDecoder(), joiner: nemoJoiner(rows) }
}

/** NeMo's prediction network with its two states; these models do not look at them. */
function nemoDecoder(): Uint8Array {
  const state = [1, 'B', 3]
  return file(
    {},
    node('Transpose', ['states.1'], ['perToken'], ints('perm', [1, 2, 0])),
    node('Mul', ['perToken', 'nothing'], ['outputs']),
    floats('nothing', [1], [0]),
    node('Identity', ['target_length'], ['prednet_lengths']),
    node('Identity', ['states.1'], ['states']),
    node('Identity', ['onnx::Slice_3'], ['162']),
    text(2, 'decoder'),
    ...nemoDecoderPorts(state),
  )
}

const nemoDecoderPorts = (state: readonly (number | string)[]): Uint8Array[] => [
  valueInfo(11, 'targets', INT32, ['B', 'U']),
  valueInfo(11, 'target_length', INT32, ['B']),
  valueInfo(11, 'states.1', FLOAT, state),
  valueInfo(11, 'onnx::Slice_3', FLOAT, state),
  valueInfo(12, 'outputs', FLOAT, ['B', 3, 'U']),
  valueInfo(12, 'prednet_lengths', INT32, ['B']),
  valueInfo(12, 'states', FLOAT, state),
  valueInfo(12, '162', FLOAT, state),
]

/** Tells which tone the last token stood for, so that a joiner can refuse to write it twice in one frame. */
function lastTokenDecoder(): Uint8Array {
  const state = [1, 'B', 3]
  return file(
    {},
    node('Cast', ['targets'], ['ids'], attribute('to', INT64)),
    node('OneHot', ['ids', 'tokenCount', 'offOn'], ['tokens'], attribute('axis', 2)),
    node('MatMul', ['tokens', 'toneOfToken'], ['tones']),
    node('Transpose', ['tones'], ['outputs'], ints('perm', [0, 2, 1])),
    node('Identity', ['target_length'], ['prednet_lengths']),
    node('Identity', ['states.1'], ['states']),
    node('Identity', ['onnx::Slice_3'], ['162']),
    int64s('tokenCount', [4]),
    floats('offOn', [2], [0, 1]),
    floats('toneOfToken', [4, 3], [0, -1, 0, 0, 0, -1, 0, -1, 0, 0, 0, 0]),
    text(2, 'decoder'),
    ...nemoDecoderPorts(state),
  )
}

function nemoJoiner(rows: readonly (readonly number[])[], bias = rows[0]!.map(() => 0)): Uint8Array {
  return file(
    {},
    node('Add', ['encoder_outputs', 'decoder_outputs'], ['both']),
    node('Transpose', ['both'], ['perFrame'], ints('perm', [0, 2, 1])),
    node('MatMul', ['perFrame', 'rows'], ['weighed']),
    node('Add', ['weighed', 'bias'], ['flat']),
    floats('bias', [bias.length], bias),
    node('Unsqueeze', ['flat', 'tokenAxis'], ['outputs']),
    floats('rows', [3, rows[0]!.length], rows.flat()),
    int64s('tokenAxis', [2]),
    text(2, 'joiner'),
    valueInfo(11, 'encoder_outputs', FLOAT, ['B', 3, 'T']),
    valueInfo(11, 'decoder_outputs', FLOAT, ['B', 3, 'U']),
    valueInfo(12, 'outputs', FLOAT, ['B', 'T', 'U', rows[0]!.length]),
  )
}

const CACHES = ['cache_last_channel', 'cache_last_time']

/** As NeMo exports a streaming transducer; with `languages` it takes the language of each stream (Nemotron multilingual). */
export function streamingNemo(languages?: Readonly<Record<string, number>>, threshold = -6): TransducerFiles {
  const facts = {
    vocab_size: '3',
    window_size: String(CHUNK),
    chunk_shift: String(CHUNK),
    subsampling_factor: String(SUBSAMPLING),
    normalize_type: 'NA',
    pred_rnn_layers: '1',
    pred_hidden: '3',
    ...Object.fromEntries(CACHES.flatMap((cache) => [1, 2, 3].map((dim) => [`${cache}_dim${dim}`, '1']))),
    ...(languages ? { prompt_dictionary: JSON.stringify(languages), auto_prompt_id: '0' } : {}),
  }
  const encoder = file(
    facts,
    node('Transpose', ['audio_signal'], ['all'], ints('perm', [0, 2, 1])),
    ...everyNth('all', 'frames', SUBSAMPLING),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    node('Reshape', ['cache_last_time', 'beforeShape'], ['beforeNumber']),
    node('Cast', ['beforeNumber'], ['before'], attribute('to', INT64)),
    ...onsetNodes('classes', 'onsets', 'before'),
    ...oneHotNodes('onsets', 'encoded'),
    ...(languages ? foreignNodes('encoded', 'told') : [node('Identity', ['encoded'], ['told'])]),
    node('Transpose', ['told'], ['outputs'], ints('perm', [0, 2, 1])),
    node('Div', ['length', 'step'], ['encoded_lengths']),
    node('Slice', ['classes', 'butLast', 'stepTo', 'timeAxis'], ['lastClass']),
    node('Cast', ['lastClass'], ['lastNumber'], attribute('to', FLOAT)),
    node('Reshape', ['lastNumber', 'cacheShape'], ['cache_last_time_next']),
    node('Identity', ['cache_last_channel'], ['cache_last_channel_next']),
    node('Identity', ['cache_last_channel_len'], ['cache_last_channel_len_next']),
    int64s('beforeShape', [-1, 1]),
    int64s('cacheShape', [-1, 1, 1, 1]),
    text(2, 'encoder'),
    ...streamingPorts(languages !== undefined),
  )
  // Quiet is worth less than a tone: a tone less itself is quiet.
  const rows = [QUIET.map((value) => value / 2), LOW, HIGH].map((row) => withBlankLast(row))
  return { encoder, decoder: lastTokenDecoder(), joiner: nemoJoiner(rows, [0, 0, 0, 1]) }
}

/** The language asked for is heard in the text: for language 2 a low tone is the word of a high one. */
const foreignNodes = (encoded: string, told: string): Uint8Array[] => [
  node('Equal', ['prompt_index', 'two'], ['isForeign']),
  node('Cast', ['isForeign'], ['foreignNumber'], attribute('to', FLOAT)),
  node('Reshape', ['foreignNumber', 'perStream'], ['foreign']),
  node('Mul', ['foreign', 'lowToHigh'], ['shift']),
  node('MatMul', [encoded, 'shift'], ['moved']),
  node('Add', [encoded, 'moved'], [told]),
  int64s('two', [2]),
  int64s('perStream', [-1, 1, 1]),
  floats('lowToHigh', [3, 3], [0, 0, 0, 0, -1, 1, 0, 0, 0]),
]

const streamingPorts = (takesLanguage: boolean): Uint8Array[] => [
  valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
  valueInfo(11, 'length', INT64, ['N']),
  ...CACHES.map((cache) => valueInfo(11, cache, FLOAT, ['N', 1, 1, 1])),
  valueInfo(11, 'cache_last_channel_len', INT64, ['N']),
  ...(takesLanguage ? [valueInfo(11, 'prompt_index', INT64, ['N'])] : []),
  valueInfo(12, 'outputs', FLOAT, ['N', 3, 'S']),
  valueInfo(12, 'encoded_lengths', INT64, ['N']),
  ...CACHES.map((cache) => valueInfo(12, `${cache}_next`, FLOAT, ['N', 1, 1, 1])),
  valueInfo(12, 'cache_last_channel_len_next', INT64, ['N']),
]
