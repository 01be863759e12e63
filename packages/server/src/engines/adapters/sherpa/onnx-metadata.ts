import { open } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'

/**
 * Reads the metadata of an ONNX file without loading it. An ONNX file is one protobuf message (`ModelProto`); fields are
 * skipped by their length, so that a model of gigabytes costs a few reads, and a file that was cut off is noticed.
 */

/** `ModelProto.metadata_props`; each entry has key 1 and value 2. */
const METADATA_FIELD = 14
const GRAPH_FIELD = 7
/** Longest metadata entry that is read, bytes; token tables in metadata stay below it. */
const MAX_ENTRY_BYTES = 4 * 1024 * 1024

/** @throws VigiaError `model_invalid` when the file is no whole ONNX model */
export async function readOnnxMetadata(path: string): Promise<Map<string, string>> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  const metadata = new Map<string, string>()
  let hasGraph = false
  for (let at = 0; at < size; ) {
    const head = Buffer.alloc(Math.min(20, size - at))
    await file.read(head, 0, head.length, at)
    const field = readField(head, path)
    const bodyAt = at + field.headBytes
    at = bodyAt + field.bodyBytes
    if (at > size) throw invalid(path, `${at} bytes or more, got ${size}`)
    if (field.number === GRAPH_FIELD) hasGraph = true
    if (field.number !== METADATA_FIELD || field.bodyBytes > MAX_ENTRY_BYTES) continue
    const body = Buffer.alloc(field.bodyBytes)
    await file.read(body, 0, body.length, bodyAt)
    const [key, value] = readEntry(body, path)
    metadata.set(key, value)
  }
  if (!hasGraph) throw invalid(path, 'a computation graph, got none')
  return metadata
}

interface Field {
  number: number
  headBytes: number
  bodyBytes: number
}

function readField(bytes: Buffer, path: string): Field {
  const tag = readVarint(bytes, 0, path)
  const number = Math.floor(tag.value / 8)
  const wire = tag.value % 8
  if (number === 0) throw invalid(path, 'a protobuf field, got number 0')
  if (wire === 0) return { number, headBytes: tag.next, bodyBytes: readVarint(bytes, tag.next, path).next - tag.next }
  if (wire === 1) return { number, headBytes: tag.next, bodyBytes: 8 }
  if (wire === 5) return { number, headBytes: tag.next, bodyBytes: 4 }
  if (wire !== 2) throw invalid(path, `a protobuf wire type, got ${wire}`)
  const length = readVarint(bytes, tag.next, path)
  return { number, headBytes: length.next, bodyBytes: length.value }
}

function readEntry(body: Buffer, path: string): [key: string, value: string] {
  const texts = ['', '']
  for (let at = 0; at < body.length; ) {
    const field = readField(body.subarray(at), path)
    const from = at + field.headBytes
    at = from + field.bodyBytes
    if (field.number === 1 || field.number === 2) texts[field.number - 1] = body.toString('utf8', from, at)
  }
  return [texts[0]!, texts[1]!]
}

function readVarint(bytes: Buffer, from: number, path: string): { value: number; next: number } {
  let value = 0
  for (let at = from; at < Math.min(bytes.length, from + 10); at += 1) {
    const byte = bytes[at]!
    value += (byte & 0x7f) * 2 ** (7 * (at - from))
    if (byte < 0x80) return { value, next: at + 1 }
  }
  throw invalid(path, 'a protobuf number, got the end of the file')
}

const invalid = (path: string, what: string): VigiaError =>
  new VigiaError('model_invalid', `${path} is no whole ONNX model: expected ${what}.`, {
    hint: 'Fetch the file again ("vigia models pull"); a half-finished download looks like this.',
  })
