import { BLOCK_HEADER_BYTES, BLOCK_MAGIC, type BlockHeader, isIntact, MAX_PAYLOAD_BYTES, parseHeader } from './block.ts'

/** Read at once; a block is at most this plus its payload. */
const WINDOW_BYTES = 256 * 1024

/** A part of a file: fewer bytes than asked only at its end. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>

export type SegmentItem =
  | { kind: 'block'; header: BlockHeader; payload: Buffer; position: number; end: number }
  /** Bytes `position` to `end` of the file are no intact block. */
  | { kind: 'broken'; position: number; end: number }

export interface SegmentRange {
  /** Durable bytes of the file; what lies behind them is not looked at. */
  length: number
  /** Stream positions its blocks can have. */
  startByte: number
  endByte: number
}

/**
 * The blocks of one segment file in order. After a broken one it goes on at the next place where a whole, intact and plausible
 * block begins.
 */
export async function* readSegment(readAt: ReadAt, range: SegmentRange): AsyncGenerator<SegmentItem> {
  const window = fileWindow(readAt, range.length)
  let position = 0
  let from = range.startByte
  while (position < range.length) {
    const block = await blockAt(window, position, { ...range, startByte: from })
    if (block) {
      yield block
      position = block.end
      from = block.header.offset + (block.header.type === 'audio' ? block.header.length : 0)
      continue
    }
    const next = await nextBlock(window, position + 1, { ...range, startByte: from })
    yield { kind: 'broken', position, end: next }
    position = next
  }
}

type Window = (position: number, length: number) => Promise<Buffer>

/** Keeps the newest part of the file in memory; buffers that were given out stay valid. */
function fileWindow(readAt: ReadAt, fileLength: number): Window {
  let start = 0
  let buffer: Buffer = Buffer.alloc(0)
  return async (position, length) => {
    const wanted = Math.max(0, Math.min(length, fileLength - position))
    if (position < start || position + wanted > start + buffer.length) {
      buffer = await readAt(position, Math.min(Math.max(wanted, WINDOW_BYTES), fileLength - position))
      start = position
    }
    return buffer.subarray(position - start, position - start + wanted)
  }
}

async function blockAt(window: Window, position: number, range: SegmentRange): Promise<(SegmentItem & { kind: 'block' }) | null> {
  const header = parseHeader(await window(position, BLOCK_HEADER_BYTES))
  if (!header || !isPlausible(header, range)) return null
  const block = await window(position, BLOCK_HEADER_BYTES + header.length)
  if (block.length < BLOCK_HEADER_BYTES + header.length || !isIntact(block)) return null
  return { kind: 'block', header, payload: block.subarray(BLOCK_HEADER_BYTES), position, end: position + block.length }
}

function isPlausible(header: BlockHeader, range: SegmentRange): boolean {
  const end = header.offset + (header.type === 'audio' ? header.length : 0)
  return header.offset >= range.startByte && end <= range.endByte && header.length <= MAX_PAYLOAD_BYTES
}

async function nextBlock(window: Window, start: number, range: SegmentRange): Promise<number> {
  let position = start
  while (position < range.length) {
    const bytes = await window(position, WINDOW_BYTES)
    const found = bytes.indexOf(BLOCK_MAGIC)
    if (found < 0) {
      // A magic may lie across the edge of two windows.
      position += Math.max(1, bytes.length - BLOCK_MAGIC.length + 1)
      continue
    }
    if (await blockAt(window, position + found, range)) return position + found
    position += found + 1
  }
  return range.length
}
