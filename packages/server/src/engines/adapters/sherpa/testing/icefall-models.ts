import { attribute, FLOAT, file, floats, INT64, int64s, node, text, valueInfo } from './onnx-writer.ts'
import { classNodes, everyNth, oneHotNodes, onsetNodes } from './onset-nodes.ts'

/** Transducers of icefall that hear tones: a token where a tone begins, nothing in between. Encoder, decoder and joiner are three files. */

export interface TransducerFiles {
  encoder: Uint8Array
  decoder: Uint8Array
  joiner: Uint8Array
}

/** A low tone is token 1; token 3 sounds nearly the same and needs a hotword to be chosen. A high one is token 2. */
export const TRANSDUCER_TOKENS = '<blk> 0\n▁grave 1\n▁agudo 2\n▁grabe 3\n'
/** The pieces by which a transducer spells hotwords. */
export const TRANSDUCER_PIECES = '▁grave\t-1\n▁agudo\t-1\n▁grabe\t-1\n'

export const SUBSAMPLING = 4
/** Logits of what is written for quiet, a low tone and a high one. */
export const QUIET = [10, 0, 0, 0]
export const LOW = [0, 10, 0, 9.5]
export const HIGH = [0, 0, 10, 0]

/** As icefall exports a non-streaming zipformer. */
export function icefallTransducer(metadata: Record<string, string> = {}, threshold = -6): TransducerFiles {
  const encoder = file(
    { model_type: 'zipformer2', version: '1', ...metadata },
    ...everyNth('x', 'frames', SUBSAMPLING),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    ...onsetNodes('classes', 'onsets'),
    ...oneHotNodes('onsets', 'encoder_out'),
    node('Add', ['x_lens', 'lessThanStep'], ['longer']),
    node('Div', ['longer', 'step'], ['encoder_out_lens']),
    int64s('lessThanStep', [SUBSAMPLING - 1]),
    text(2, 'encoder'),
    valueInfo(11, 'x', FLOAT, ['N', 'T', 80]),
    valueInfo(11, 'x_lens', INT64, ['N']),
    valueInfo(12, 'encoder_out', FLOAT, ['N', 'S', 3]),
    valueInfo(12, 'encoder_out_lens', INT64, ['N']),
  )
  return { encoder, ...icefallHead() }
}

/** Decoder and joiner of icefall: no state but the last two tokens, which these models do not look at. */
function icefallHead(): Omit<TransducerFiles, 'encoder'> {
  const decoder = file(
    { vocab_size: '4', context_size: '2' },
    node('Cast', ['y'], ['numbers'], attribute('to', FLOAT)),
    node('MatMul', ['numbers', 'ignored'], ['decoder_out']),
    floats('ignored', [2, 3], Array(6).fill(0)),
    text(2, 'decoder'),
    valueInfo(11, 'y', INT64, ['N', 2]),
    valueInfo(12, 'decoder_out', FLOAT, ['N', 3]),
  )
  const joiner = file(
    { joiner_dim: '3' },
    node('Add', ['encoder_out', 'decoder_out'], ['both']),
    node('MatMul', ['both', 'rows'], ['logit']),
    floats('rows', [3, 4], [...QUIET, ...LOW, ...HIGH]),
    text(2, 'joiner'),
    valueInfo(11, 'encoder_out', FLOAT, ['N', 3]),
    valueInfo(11, 'decoder_out', FLOAT, ['N', 3]),
    valueInfo(12, 'logit', FLOAT, ['N', 4]),
  )
  return { decoder, joiner }
}

/** Frames of one step of the streaming models. */
export const CHUNK = 16

/** Metadata of a streaming zipformer of one layer, and its states: name, shape, `N` where the batch is. */
const ZIPFORMER_METADATA = {
  encoder_dims: '4',
  query_head_dims: '1',
  value_head_dims: '1',
  num_heads: '1',
  num_encoder_layers: '1',
  cnn_module_kernels: '2',
  left_context_len: '1',
  T: String(CHUNK),
  decode_chunk_len: String(CHUNK),
}
const ZIPFORMER_STATES: readonly (readonly [name: string, type: number, shape: readonly (number | string)[]])[] = [
  ['cached_key_0', FLOAT, [1, 'N', 1]],
  ['cached_nonlin_attn_0', FLOAT, [1, 'N', 1, 3]],
  ['cached_val1_0', FLOAT, [1, 'N', 1]],
  ['cached_val2_0', FLOAT, [1, 'N', 1]],
  ['cached_conv1_0', FLOAT, ['N', 4, 1]],
  ['cached_conv2_0', FLOAT, ['N', 4, 1]],
  ['embed_states', FLOAT, ['N', 128, 3, 19]],
  ['processed_lens', INT64, ['N']],
]

/** The class of the last frame goes from step to step in one of the states: a mixed-up state is a wrong word. */
function zipformerNodes(threshold: number, encoded: string): Uint8Array[] {
  return [
    ...everyNth('x', 'frames', SUBSAMPLING),
    ...classNodes({ frames: 'frames', classes: 'classes', threshold }),
    node('Slice', ['cached_conv1_0', 'from0', 'to1', 'timeAxis'], ['kept']),
    node('Squeeze', ['kept', 'bandAxis'], ['keptNumber']),
    node('Cast', ['keptNumber'], ['before'], attribute('to', INT64)),
    ...onsetNodes('classes', 'onsets', 'before'),
    ...oneHotNodes('onsets', encoded),
    node('Slice', ['classes', 'butLast', 'stepTo', 'timeAxis'], ['lastClass']),
    node('Cast', ['lastClass'], ['lastNumber'], attribute('to', FLOAT)),
    node('Unsqueeze', ['lastNumber', 'bandAxis'], ['lastKept']),
    node('Concat', Array(4).fill('lastKept'), ['new_cached_conv1_0'], attribute('axis', 1)),
    ...ZIPFORMER_STATES.filter(([name]) => name !== 'cached_conv1_0').map(([name]) => node('Identity', [name], [`new_${name}`])),
  ]
}

const zipformerStates = (): Uint8Array[] => [...ZIPFORMER_STATES.map(([name, type, shape]) => valueInfo(11, name, type, shape))]
const zipformerNextStates = (): Uint8Array[] => [
  ...ZIPFORMER_STATES.map(([name, type, shape]) => valueInfo(12, `new_${name}`, type, shape)),
]

/** As icefall exports a streaming zipformer transducer. */
export function streamingZipformer(metadata: Record<string, string> = {}, threshold = -6): TransducerFiles {
  const encoder = file(
    { model_type: 'zipformer2', ...ZIPFORMER_METADATA, ...metadata },
    ...zipformerNodes(threshold, 'encoder_out'),
    text(2, 'encoder'),
    valueInfo(11, 'x', FLOAT, ['N', CHUNK, 80]),
    ...zipformerStates(),
    valueInfo(12, 'encoder_out', FLOAT, ['N', CHUNK / SUBSAMPLING, 3]),
    ...zipformerNextStates(),
  )
  return { encoder, ...icefallHead() }
}

/** As icefall exports a streaming zipformer with a CTC head; tokens as `TRANSDUCER_TOKENS`. */
export function streamingZipformerCtc(metadata: Record<string, string> = {}, threshold = -6): Uint8Array {
  return file(
    { model_type: 'zipformer2', ...ZIPFORMER_METADATA, ...metadata },
    ...zipformerNodes(threshold, 'encoded'),
    node('MatMul', ['encoded', 'rows'], ['log_probs']),
    floats('rows', [3, 4], [...QUIET, ...LOW, ...HIGH]),
    text(2, 'ctc'),
    valueInfo(11, 'x', FLOAT, ['N', CHUNK, 80]),
    ...zipformerStates(),
    valueInfo(12, 'log_probs', FLOAT, ['N', CHUNK / SUBSAMPLING, 4]),
    ...zipformerNextStates(),
  )
}
