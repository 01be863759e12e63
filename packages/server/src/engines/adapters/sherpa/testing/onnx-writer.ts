/** Writes ONNX files for tests: a file is one protobuf message, see `onnx-metadata.ts`. Field numbers: onnx.proto. */

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))])
const field = (number: number, body: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body])
export const text = (number: number, value: string): Uint8Array => field(number, Buffer.from(value))
const int = (number: number, value: number): Uint8Array => Uint8Array.from([...varint(number * 8), ...varint(value)])
const message = (number: number, ...parts: Uint8Array[]): Uint8Array => field(number, Buffer.concat(parts))

/** A float tensor with these dimensions; a negative one is symbolic. */
export function valueInfo(number: number, name: string, elementType: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.map((dim) => (typeof dim === 'number' ? message(1, int(1, dim)) : message(1, text(2, dim))))
  return message(number, text(1, name), message(2, message(1, int(1, elementType), message(2, ...shape))))
}

export const FLOAT = 1
export const INT32 = 6
export const INT64 = 7

export function initializer(name: string, dims: readonly number[], values: Float32Array): Uint8Array {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return message(5, ...dims.map((dim) => int(1, dim)), int(2, FLOAT), text(8, name), field(9, raw))
}

export const node = (op: string, inputs: string[], outputs: string[], ...attributes: Uint8Array[]): Uint8Array =>
  message(1, ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...attributes)
export const ints = (name: string, values: readonly number[]): Uint8Array =>
  message(5, text(1, name), ...values.map((value) => int(8, value)), int(20, 7))

/**
 * A NeMo-CTC model that hears loudness by band: the log-probabilities are a linear map of the 80 mel bands.
 *
 * @param weights - [80, vocabulary], row by row
 */
export function nemoCtcModel(weights: Float32Array, vocabulary: number, metadata: Record<string, string>): Uint8Array {
  const graph = message(
    7,
    node('Transpose', ['audio_signal'], ['frames'], ints('perm', [0, 2, 1])),
    node('MatMul', ['frames', 'weights'], ['logprobs']),
    text(2, 'bands'),
    initializer('weights', [80, vocabulary], weights),
    valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'T', vocabulary]),
  )
  const properties = Object.entries(metadata).map(([key, value]) => message(14, text(1, key), text(2, value)))
  return Buffer.concat([int(1, 8), graph, message(8, text(1, ''), int(2, 13)), ...properties])
}

/** Text for numbers beyond 2^53. */
export const int64s = (name: string, values: readonly (number | string)[]): Uint8Array => {
  const raw = Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer)
  return message(5, int(1, values.length), int(2, INT64), text(8, name), field(9, raw))
}
export const attribute = (name: string, value: number): Uint8Array => message(5, text(1, name), int(3, value), int(20, 2))
export const file = (metadata: Record<string, string>, ...parts: Uint8Array[]): Uint8Array => {
  const properties = Object.entries(metadata).map(([key, value]) => message(14, text(1, key), text(2, value)))
  return Buffer.concat([int(1, 8), message(7, ...parts), message(8, text(1, ''), int(2, 13)), ...properties])
}

/** A float tensor of one value per entry. */
export const floats = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
  initializer(name, dims, Float32Array.from(values))

/** Mel bands below this are the low voice, the others the high one. */
const SPLIT = 40

/** From `frames` [N, T, 80]: how loud the loudest low and high band are, less a threshold; and zero for the blank. */
export function bandNodes(threshold: number): Uint8Array[] {
  return [
    node('Slice', ['frames', 'at0', 'at40', 'axis2'], ['lowBands']),
    node('Slice', ['frames', 'at40', 'at80', 'axis2'], ['highBands']),
    node('ReduceMax', ['lowBands'], ['low'], ints('axes', [2]), attribute('keepdims', 1)),
    node('ReduceMax', ['highBands'], ['high'], ints('axes', [2]), attribute('keepdims', 1)),
    node('Mul', ['low', 'zero'], ['blank']),
    node('Concat', ['low', 'high', 'blank'], ['loud'], attribute('axis', 2)),
    node('Sub', ['loud', 'thresholds'], ['scores']),
    initializer('zero', [1], Float32Array.of(0)),
    initializer('thresholds', [3], Float32Array.of(threshold, threshold, 0)),
    int64s('at0', [0]),
    int64s('at40', [SPLIT]),
    int64s('at80', [80]),
    int64s('axis2', [2]),
  ]
}

/** A NeMo-CTC model of three tokens that hears a low tone as the first and a high one as the second. */
export function toneCtcModel(metadata: Record<string, string>, threshold = -6): Uint8Array {
  return file(
    metadata,
    node('Transpose', ['audio_signal'], ['frames'], ints('perm', [0, 2, 1])),
    ...bandNodes(threshold),
    node('LogSoftmax', ['scores'], ['logprobs'], attribute('axis', 2)),
    text(2, 'tones'),
    valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'T', 3]),
  )
}

export const STREAMING_SUBSAMPLING = 8

/**
 * The same as a streaming model: every eighth frame, caches that pass through.
 *
 * @param poison - nodes that turn `logprobsOfTones` into `logprobs`; without them they are the same
 */
export function streamingToneCtcModel(metadata: Record<string, string> = {}, threshold = 0, poison?: Uint8Array[]): Uint8Array {
  const facts = {
    window_size: '32',
    chunk_shift: '32',
    subsampling_factor: String(STREAMING_SUBSAMPLING),
    vocab_size: '2',
    ...Object.fromEntries([1, 2, 3].flatMap((dim) => ['channel', 'time'].map((cache) => [`cache_last_${cache}_dim${dim}`, '1']))),
    normalize_type: 'NA',
  }
  const cache = ['N', 1, 1, 1]
  return file(
    { ...facts, ...metadata },
    node('Transpose', ['audio_signal'], ['all'], ints('perm', [0, 2, 1])),
    node('Slice', ['all', 'at0', 'last', 'axis1', 'step'], ['frames']),
    ...bandNodes(threshold),
    node('LogSoftmax', ['scores'], ['logprobsOfTones'], attribute('axis', 2)),
    ...(poison ?? [node('Identity', ['logprobsOfTones'], ['logprobs'])]),
    node('Div', ['length', 'step'], ['encoded_lengths']),
    ...['cache_last_channel', 'cache_last_time', 'cache_last_channel_len'].map((name) =>
      node('Identity', [name], [`${name}_next`]),
    ),
    int64s('last', [2 ** 31]),
    int64s('axis1', [1]),
    int64s('step', [STREAMING_SUBSAMPLING]),
    text(2, 'tones'),
    valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    valueInfo(11, 'cache_last_channel', FLOAT, cache),
    valueInfo(11, 'cache_last_time', FLOAT, cache),
    valueInfo(11, 'cache_last_channel_len', INT64, ['N']),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'T', 3]),
    valueInfo(12, 'encoded_lengths', INT64, ['N']),
    valueInfo(12, 'cache_last_channel_next', FLOAT, cache),
    valueInfo(12, 'cache_last_time_next', FLOAT, cache),
    valueInfo(12, 'cache_last_channel_len_next', INT64, ['N']),
  )
}

/** Samples of the generated segmentation model's window and frame. */
export const SEGMENTATION_WINDOW = 16_000
const FRAME = 160

/**
 * A segmentation model of the pyannote kind that hears low tones as the first voice, high ones as the second: a high tone
 * changes more from sample to sample than it is loud.
 */
export function toneSegmentationModel(metadata: Record<string, string> = {}): Uint8Array {
  const facts = {
    sample_rate: '16000',
    window_size: String(SEGMENTATION_WINDOW),
    receptive_field_size: String(FRAME),
    receptive_field_shift: String(FRAME),
    num_speakers: '3',
    powerset_max_classes: '2',
    num_classes: '7',
  }
  const mean = (from: string, to: string): Uint8Array[] => [
    node('Abs', [from], [`${from}_abs`]),
    node('ReduceMean', [`${from}_abs`], [to], ints('axes', [2]), attribute('keepdims', 1)),
  ]
  const scaled = (name: string, of: string, factor: number, add: number): Uint8Array[] => [
    node('Mul', [of, `${name}_factor`], [`${name}_scaled`]),
    node('Add', [`${name}_scaled`, `${name}_add`], [name]),
    initializer(`${name}_factor`, [1], Float32Array.of(factor)),
    initializer(`${name}_add`, [1], Float32Array.of(add)),
  ]
  return file(
    { ...facts, ...metadata },
    node('Reshape', ['x', 'frameShape'], ['frames']),
    int64s('frameShape', [1, SEGMENTATION_WINDOW / FRAME, FRAME]),
    node('Slice', ['frames', 'one', 'end', 'axis2'], ['later']),
    node('Slice', ['frames', 'zero', 'last', 'axis2'], ['earlier']),
    node('Sub', ['later', 'earlier'], ['change']),
    int64s('one', [1]),
    int64s('end', [FRAME]),
    int64s('zero', [0]),
    int64s('last', [FRAME - 1]),
    int64s('axis2', [2]),
    ...mean('frames', 'loud'),
    ...mean('change', 'changing'),
    node('Sub', ['loud', 'changing'], ['low']),
    ...scaled('half', 'loud', 0.5, 0),
    node('Sub', ['changing', 'half'], ['high']),
    ...scaled('nobody', 'loud', 0, 0.02),
    ...scaled('never', 'loud', 0, -1),
    node('Concat', ['nobody', 'low', 'high', 'never', 'never', 'never', 'never'], ['y'], attribute('axis', 2)),
    text(2, 'voices'),
    valueInfo(11, 'x', FLOAT, [1, 1, SEGMENTATION_WINDOW]),
    valueInfo(12, 'y', FLOAT, [1, SEGMENTATION_WINDOW / FRAME, 7]),
  )
}

/** A speaker embedding of two numbers: how loud the low bands are, and the high ones. */
export function toneEmbeddingModel(metadata: Record<string, string> = {}, poison?: Uint8Array[]): Uint8Array {
  const facts = {
    framework: 'wespeaker',
    language: 'es',
    output_dim: '2',
    sample_rate: '16000',
    normalize_samples: '1',
    ...metadata,
  }
  return file(
    facts,
    node('ReduceMean', ['x'], ['mean'], ints('axes', [1]), attribute('keepdims', 0)),
    node('Slice', ['mean', 'at0', 'at40', 'axis1'], ['lowBands']),
    node('Slice', ['mean', 'at40', 'at80', 'axis1'], ['highBands']),
    node('ReduceMax', ['lowBands'], ['low'], ints('axes', [1]), attribute('keepdims', 1)),
    node('ReduceMax', ['highBands'], ['high'], ints('axes', [1]), attribute('keepdims', 1)),
    node('Concat', ['low', 'high'], ['both'], attribute('axis', 1)),
    // A louder band by far is the whole direction.
    node('Softmax', ['both'], ['direction'], attribute('axis', 1)),
    ...(poison ?? [node('Identity', ['direction'], ['embs'])]),
    int64s('at0', [0]),
    int64s('at40', [SPLIT]),
    int64s('at80', [80]),
    int64s('axis1', [1]),
    text(2, 'voice'),
    valueInfo(11, 'x', FLOAT, ['N', 'T', 80]),
    valueInfo(12, 'embs', FLOAT, ['N', 2]),
  )
}
