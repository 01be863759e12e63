import { attribute, FLOAT, file, floats, INT32, INT64, int64s, ints, node, text, valueInfo } from './onnx-writer.ts'
import { onsetListNodes, onsetNodes, stepNodes } from './onset-nodes.ts'

/** A model of the Moonshine kind that hears tones: it takes the sound itself, in frames of 384 samples, in four files. */

export const MOONSHINE_TOKENS = '<unk> 0\n<s> 1\n</s> 2\n▁grave 3\n▁agudo 4\n'
const FRAME = 384
const END = 2
const VOCABULARY = 5
/** Mean amplitude (full scale 1) above which a frame is a tone. */
const QUIET_LEVEL = 0.02

export interface MoonshineFiles {
  preprocessor: Uint8Array
  encoder: Uint8Array
  uncachedDecoder: Uint8Array
  cachedDecoder: Uint8Array
}

export function moonshineModel(): MoonshineFiles {
  return { preprocessor: preprocessor(), encoder: encoder(), uncachedDecoder: decoder(false), cachedDecoder: decoder(true) }
}

/** How loud a frame is, and how much it changes from sample to sample: a high tone changes more than it is loud. */
function preprocessor(): Uint8Array {
  const mean = (of: string, to: string): Uint8Array[] => [
    node('Abs', [of], [`${of}_abs`]),
    node('ReduceMean', [`${of}_abs`], [to], ints('axes', [2]), attribute('keepdims', 1)),
  ]
  return file(
    {},
    // Silence behind, then whole frames only.
    node('Concat', ['audio', 'silence'], ['padded'], attribute('axis', 1)),
    node('Shape', ['padded'], ['shape']),
    node('Slice', ['shape', 'one', 'two'], ['samples']),
    node('Div', ['samples', 'frame'], ['frameCount']),
    node('Mul', ['frameCount', 'frame'], ['whole']),
    node('Slice', ['padded', 'zero', 'whole', 'one'], ['cut']),
    node('Reshape', ['cut', 'framesShape'], ['frames']),
    node('Slice', ['frames', 'one', 'frame', 'two'], ['later']),
    node('Slice', ['frames', 'zero', 'butLast', 'two'], ['earlier']),
    node('Sub', ['later', 'earlier'], ['change']),
    ...mean('frames', 'loud'),
    ...mean('change', 'changing'),
    node('Concat', ['loud', 'changing'], ['features'], attribute('axis', 2)),
    floats('silence', [1, FRAME], Array(FRAME).fill(0)),
    int64s('framesShape', [1, -1, FRAME]),
    int64s('frame', [FRAME]),
    int64s('butLast', [FRAME - 1]),
    int64s('zero', [0]),
    int64s('one', [1]),
    int64s('two', [2]),
    text(2, 'preprocessor'),
    valueInfo(11, 'audio', FLOAT, [1, 'S']),
    valueInfo(12, 'features', FLOAT, [1, 'T', 2]),
  )
}

/** Where a tone begins, frame by frame: the library counts the frames to know how many tokens there may be. */
function encoder(): Uint8Array {
  return file(
    {},
    // Levels of quiet, low and high: a constant, the loudness less the change, and the change less half the loudness.
    node('MatMul', ['features', 'weights'], ['weighed']),
    node('Add', ['weighed', 'bias'], ['levels']),
    node('ArgMax', ['levels'], ['classes'], attribute('axis', 2), attribute('keepdims', 0)),
    ...onsetNodes('classes', 'onsets'),
    node('Cast', ['onsets'], ['numbers'], attribute('to', FLOAT)),
    node('Unsqueeze', ['numbers', 'lastAxis'], ['encoded']),
    floats('weights', [2, 3], [0, 1, -0.5, 0, -1, 1]),
    floats('bias', [3], [QUIET_LEVEL, 0, 0]),
    int64s('lastAxis', [2]),
    text(2, 'encoder'),
    valueInfo(11, 'features', FLOAT, [1, 'T', 2]),
    valueInfo(11, 'features_len', INT32, [1]),
    valueInfo(12, 'encoded', FLOAT, [1, 'T', 1]),
  )
}

/** Reads the tone of the step it is told to be at; one state passes through all cached steps. */
function decoder(cached: boolean): Uint8Array {
  const rows = [END, 3, 4].map((token) => Array.from({ length: VOCABULARY }, (_, at) => (at === token ? 10 : 0)))
  return file(
    {},
    node('Cast', ['encoded'], ['onsetsOnly'], attribute('to', INT64)),
    ...onsetListNodes('onsetsOnly', 'list'),
    node('Cast', ['seq_len'], ['steps'], attribute('to', INT64)),
    node('Sub', ['steps', 'first'], ['index']),
    ...stepNodes('list', 'index', rows, 'step'),
    node('Unsqueeze', ['step', 'firstIndex'], ['logits']),
    int64s('first', [1]),
    ...(cached ? [node('Identity', ['state'], ['new_state'])] : [floats('new_state', [1], [0])]),
    text(2, 'decoder'),
    valueInfo(11, 'tokens', INT32, [1, 1]),
    valueInfo(11, 'encoded', FLOAT, [1, 'T', 1]),
    valueInfo(11, 'seq_len', INT32, [1]),
    ...(cached ? [valueInfo(11, 'state', FLOAT, [1])] : []),
    valueInfo(12, 'logits', FLOAT, [1, 1, VOCABULARY]),
    valueInfo(12, 'new_state', FLOAT, [1]),
  )
}
