import { attribute, FLOAT, floats, INT64, int64s, ints, node } from './onnx-writer.ts'

/**
 * Parts of graphs that hear tones: which of two tones sounds in each frame, and where one begins. Every recognizer that
 * writes a token once, and not once a frame, is made of these.
 */

/** Bands around the tones that the tests play: 300 Hz and 5000 Hz among 80 mel bands. */
const LOW_BANDS = [4, 14] as const
const HIGH_BANDS = [60, 78] as const

/** Names of a graph, and what each class stands for: 0 is quiet, 1 the low tone, 2 the high one. */
export interface ClassNodes {
  /** Frames [N, T, 80] in, classes [N, T] int64 out. */
  frames: string
  classes: string
  /** What a band must exceed to be a tone. */
  threshold: number
}

/** The class of each frame: the loudest of quiet, low and high. */
export function classNodes({ frames, classes, threshold }: ClassNodes): Uint8Array[] {
  const loudest = (name: string, [from, to]: readonly [number, number]): Uint8Array[] => [
    node('Slice', [frames, `${name}_from`, `${name}_to`, 'bandAxis'], [`${name}_bands`]),
    node('ReduceMax', [`${name}_bands`], [name], ints('axes', [2]), attribute('keepdims', 1)),
    int64s(`${name}_from`, [from]),
    int64s(`${name}_to`, [to]),
  ]
  return [
    ...loudest('low', LOW_BANDS),
    ...loudest('high', HIGH_BANDS),
    node('Mul', ['low', 'nothing'], ['none']),
    node('Add', ['none', 'quietLevel'], ['quiet']),
    node('Concat', ['quiet', 'low', 'high'], ['levels'], attribute('axis', 2)),
    node('ArgMax', ['levels'], [classes], attribute('axis', 2), attribute('keepdims', 0)),
    int64s('bandAxis', [2]),
    floats('nothing', [1], [0]),
    floats('quietLevel', [1], [threshold]),
  ]
}

/** Every `step`th frame of [N, T, 80]. */
export const everyNth = (from: string, to: string, step: number): Uint8Array[] => [
  node('Slice', [from, 'stepFrom', 'stepTo', 'stepAxis', 'step'], [to]),
  int64s('stepFrom', [0]),
  int64s('stepTo', [2 ** 31]),
  int64s('stepAxis', [1]),
  int64s('step', [step]),
]

/**
 * From classes [N, T] where a tone begins: its class in the first frame of it, 0 everywhere else.
 *
 * @param before - class [N, 1] of the frame before the first; quiet when left out
 */
export function onsetNodes(classes: string, onsets: string, before?: string): Uint8Array[] {
  const first = before ?? 'silentBefore'
  return [
    ...(before
      ? []
      : [node('Slice', [classes, 'from0', 'to1', 'timeAxis'], ['firstClass']), node('Mul', ['firstClass', 'from0'], [first])]),
    node('Slice', [classes, 'from0', 'butLast', 'timeAxis'], ['earlierClasses']),
    node('Concat', [first, 'earlierClasses'], ['previousClasses'], attribute('axis', 1)),
    node('Equal', [classes, 'previousClasses'], ['same']),
    node('Not', ['same'], ['changed']),
    node('Cast', ['changed'], ['changedInt'], attribute('to', INT64)),
    node('Mul', [classes, 'changedInt'], [onsets]),
    int64s('from0', [0]),
    int64s('to1', [1]),
    int64s('butLast', [-1]),
    int64s('timeAxis', [1]),
  ]
}

/** Onsets [N, T] as one number per class, [N, T, 3]: what a transducer's encoder tells its joiner. */
export const oneHotNodes = (onsets: string, encoded: string): Uint8Array[] => [
  node('OneHot', [onsets, 'classCount', 'offOn'], [encoded], attribute('axis', 2)),
  int64s('classCount', [3]),
  floats('offOn', [2], [0, 1]),
]

/** Onsets [1, T] as the list of tones that were heard, floats [K + 8, 1], with quiet behind: what a decoder reads from. */
export const onsetListNodes = (onsets: string, list: string): Uint8Array[] => [
  node('Reshape', [onsets, 'flatShape'], ['flatOnsets']),
  node('Cast', ['flatOnsets'], ['heard'], attribute('to', 9)),
  node('Compress', ['flatOnsets', 'heard'], ['heardClasses'], attribute('axis', 0)),
  node('Concat', ['heardClasses', 'silentBehind'], ['allClasses'], attribute('axis', 0)),
  node('Cast', ['allClasses'], ['classNumbers'], attribute('to', FLOAT)),
  node('Unsqueeze', ['classNumbers', 'lastAxis'], [list]),
  int64s('flatShape', [-1]),
  int64s('silentBehind', Array(8).fill(0)),
  int64s('lastAxis', [1]),
]

/**
 * The logits of one step of a decoder: the token of the tone at `index` of the list.
 *
 * @param list - floats, any shape, as `onsetListNodes` makes them
 * @param index - int64 [1]; below 0 counts as 0
 * @param rows - a row of logits per class: what is written for quiet, low, high
 */
export const stepNodes = (list: string, index: string, rows: readonly (readonly number[])[], logits: string): Uint8Array[] => [
  node('Reshape', [list, 'listShape'], ['flatList']),
  node('Max', [index, 'firstIndex'], ['boundedIndex']),
  node('Gather', ['flatList', 'boundedIndex'], ['classNumber']),
  node('Cast', ['classNumber'], ['classOfStep'], attribute('to', INT64)),
  node('Gather', ['rows', 'classOfStep'], [logits], attribute('axis', 0)),
  int64s('listShape', [-1]),
  int64s('firstIndex', [0]),
  floats('rows', [rows.length, rows[0]!.length], rows.flat()),
]
