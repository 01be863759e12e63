/** Writes ONNX files for tests: a file is one protobuf message, see `onnx-metadata.ts`. Field numbers: onnx.proto. */

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))])
const field = (number: number, body: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(body.length)]), body])
const text = (number: number, value: string): Uint8Array => field(number, Buffer.from(value))
const int = (number: number, value: number): Uint8Array => Uint8Array.from([...varint(number * 8), ...varint(value)])
const message = (number: number, ...parts: Uint8Array[]): Uint8Array => field(number, Buffer.concat(parts))

/** A float tensor with these dimensions; a negative one is symbolic. */
function valueInfo(number: number, name: string, elementType: number, dims: readonly (number | string)[]): Uint8Array {
  const shape = dims.map((dim) => (typeof dim === 'number' ? message(1, int(1, dim)) : message(1, text(2, dim))))
  return message(number, text(1, name), message(2, message(1, int(1, elementType), message(2, ...shape))))
}

const FLOAT = 1
const INT64 = 7

function initializer(name: string, dims: readonly number[], values: Float32Array): Uint8Array {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return message(5, ...dims.map((dim) => int(1, dim)), int(2, FLOAT), text(8, name), field(9, raw))
}

const node = (op: string, inputs: string[], outputs: string[], ...attributes: Uint8Array[]): Uint8Array =>
  message(1, ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...attributes)
const ints = (name: string, values: readonly number[]): Uint8Array =>
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
