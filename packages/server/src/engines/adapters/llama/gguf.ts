import { open } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'

/**
 * Reads the head of a GGUF file and checks it, since the native loader ends the process on a damaged one. Format:
 * GGUF 3 specification (`ggml/docs/gguf.md`).
 */

/** What a server wants to know of a model before it loads it. */
export interface GgufInfo {
  architecture: string
  /** Tokens the model was trained for; 0 where the file does not say. */
  trainedTokens: number
  layers: number
  /** Bytes of cache that one token takes, at 16 bits. */
  cacheBytesPerToken: number
  fileBytes: number
  hasChatTemplate: boolean
}

/** Vocabulary and merges of large models are some 10 MB. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024
const MAX_ENTRIES = 1_000_000
/** Bytes of one block and elements in it, by `ggml_type`; types that are missing here are not measured. */
const TYPE_SIZES: Readonly<Record<number, readonly [bytes: number, elements: number]>> = {
  0: [4, 1], 1: [2, 1], 2: [18, 32], 3: [20, 32], 6: [22, 32], 7: [24, 32], 8: [34, 32], 10: [84, 256], 11: [110, 256],
  12: [144, 256], 13: [176, 256], 14: [210, 256], 30: [2, 1],
} // biome-ignore format: a table

type Value = number | string | boolean | null

/** @throws VigiaError `model_not_found`, `model_invalid` */
export async function readGguf(path: string): Promise<GgufInfo> {
  const { head, size } = await readHead(path)
  try {
    return parse(new Reader(head), size)
  } catch (cause) {
    if (VigiaError.is(cause)) throw cause
    throw invalid(path, cause instanceof RangeError ? 'its head is cut short' : (cause as Error).message)
  }
}

async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    const head = Buffer.alloc(Math.min(size, MAX_HEAD_BYTES))
    await file.read(head, 0, head.length, 0)
    return { head, size }
  } catch (cause) {
    throw new VigiaError('model_not_found', `There is no language model at ${path}.`, {
      hint: 'Give the path of a .gguf file, or fetch one with "vigia models pull".',
      cause,
    })
  }
}

const invalid = (path: string, what: string): VigiaError =>
  new VigiaError('model_invalid', `${path} is no usable GGUF model: ${what}.`, { hint: 'Fetch the file again.' })

function parse(reader: Reader, size: number): GgufInfo {
  if (reader.bytes(4).toString('latin1') !== 'GGUF') throw new Error('expected the letters GGUF at its beginning')
  const version = reader.u32()
  if (version < 2 || version > 3) throw new Error(`expected version 2 or 3, got ${version}`)
  const tensors = reader.count()
  const entries = reader.count()
  const metadata = new Map<string, Value>()
  for (let i = 0; i < entries; i++) {
    const key = reader.text()
    metadata.set(key, reader.value(reader.u32()))
  }
  checkTensors(reader, tensors, Number(metadata.get('general.alignment') ?? 32), size)
  return toInfo(metadata, size)
}

function checkTensors(reader: Reader, count: number, alignment: number, size: number): void {
  let end = 0
  for (let i = 0; i < count; i++) {
    reader.text()
    const dims = Array.from({ length: reader.u32() }, () => reader.u64())
    const type = TYPE_SIZES[reader.u32()]
    const offset = reader.u64()
    const elements = dims.reduce((a, b) => a * b, 1)
    end = Math.max(end, offset + (type ? Math.ceil(elements / type[1]) * type[0] : 1))
  }
  const start = Math.ceil(reader.at / Math.max(1, alignment)) * alignment
  if (start + end > size) throw new Error(`expected ${start + end} bytes, got ${size}`)
}

function toInfo(metadata: ReadonlyMap<string, Value>, fileBytes: number): GgufInfo {
  const architecture = String(metadata.get('general.architecture') ?? '')
  const number = (key: string): number => Number(metadata.get(`${architecture}.${key}`) ?? 0)
  const layers = number('block_count')
  const heads = Math.max(1, number('attention.head_count'))
  const kvHeads = number('attention.head_count_kv') || heads
  const headSize = number('attention.key_length') || number('embedding_length') / heads
  return {
    architecture,
    trainedTokens: number('context_length'),
    layers,
    cacheBytesPerToken: 2 * layers * kvHeads * headSize * 2,
    fileBytes,
    hasChatTemplate: metadata.has('tokenizer.chat_template'),
  }
}

/** Scalar types in the order of the specification: size, and how they are read. */
const SCALARS: ((buffer: Buffer, at: number) => [Value, number])[] = [
  (b, at) => [b.readUInt8(at), 1],
  (b, at) => [b.readInt8(at), 1],
  (b, at) => [b.readUInt16LE(at), 2],
  (b, at) => [b.readInt16LE(at), 2],
  (b, at) => [b.readUInt32LE(at), 4],
  (b, at) => [b.readInt32LE(at), 4],
  (b, at) => [b.readFloatLE(at), 4],
  (b, at) => [b.readUInt8(at) !== 0, 1],
]
const STRING = 8
const ARRAY = 9

class Reader {
  at = 0
  readonly #buffer: Buffer

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  bytes(length: number): Buffer {
    if (this.at + length > this.#buffer.length) throw new RangeError('past the end')
    this.at += length
    return this.#buffer.subarray(this.at - length, this.at)
  }

  u32(): number {
    return this.bytes(4).readUInt32LE()
  }

  u64(): number {
    return Number(this.bytes(8).readBigUInt64LE())
  }

  count(): number {
    const count = this.u64()
    if (count > MAX_ENTRIES) throw new Error(`expected at most ${MAX_ENTRIES} entries, got ${count}`)
    return count
  }

  text(): string {
    return this.bytes(this.u64()).toString()
  }

  /** A scalar or a text; of an array nothing is kept but its place. */
  value(type: number): Value {
    if (type === STRING) return this.text()
    if (type === ARRAY) return this.#skipArray()
    if (type >= 10 && type <= 12) return type === 12 ? this.bytes(8).readDoubleLE() : this.u64()
    const scalar = SCALARS[type]
    if (!scalar) throw new Error(`it holds a value of unknown type ${type}`)
    const [value, size] = scalar(this.#buffer, this.at)
    this.at += size
    return value
  }

  #skipArray(): null {
    const type = this.u32()
    const length = this.count()
    if (type === ARRAY) throw new Error('it holds an array of arrays')
    for (let i = 0; i < length; i++) this.value(type)
    return null
  }
}
