import type { StreamGap } from '../../store.ts'
import { BLOCK_HEADER_BYTES, sealBlock } from './block.ts'
import type { SlabPool } from './slab-pool.ts'

/** Payload of a merged block at most: the piece of the recording that one damaged byte costs. */
const MAX_MERGED_BYTES = 64 * 1024
/** Below this a slab's rest is not worth a header. */
const MIN_ROOM = BLOCK_HEADER_BYTES + 512

interface Slab {
  buffer: Buffer
  used: number
  /** Blocks in it that are not released. */
  blocks: number
}

/** A block not yet committed. Stream positions: `offset` up to `endByte`. */
export interface PendingBlock {
  slab: Slab
  start: number
  end: number
  offset: number
  endByte: number
  gap: StreamGap | null
  sealed: boolean
}

/**
 * What a session handed over and has not been told to be durable, already in the form it has on disk: payloads are copied
 * behind room for their header, so that writing (and writing again elsewhere after an error) copies nothing.
 */
export class BlockQueue {
  readonly #pool: SlabPool
  /** True: one append is one block. */
  readonly #packets: boolean
  #blocks: PendingBlock[] = []
  #slab: Slab | null = null
  #end: number
  #released = 0

  constructor(options: { pool: SlabPool; packets: boolean; startByte: number }) {
    this.#pool = options.pool
    this.#packets = options.packets
    this.#end = options.startByte
  }

  /** Stream bytes handed over. */
  get endByte(): number {
    return this.#end
  }

  get length(): number {
    return this.#blocks.length
  }

  /** Blocks ever begun. */
  get begun(): number {
    return this.#released + this.#blocks.length
  }

  /** Blocks ever released. */
  get released(): number {
    return this.#released
  }

  append(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      const block = this.#packets ? this.#begin(rest.length) : this.#extendable()
      const room = this.#packets ? rest.length : this.#roomOf(block)
      const part = rest.length <= room ? rest : rest.subarray(0, room)
      block.slab.buffer.set(part, block.end)
      block.end += part.length
      block.slab.used = block.end
      block.endByte += part.length
      this.#end += part.length
      rest = rest.subarray(part.length)
    }
  }

  gap(gap: StreamGap): void {
    const payload = Buffer.from(JSON.stringify({ ms: gap.ms, reason: gap.reason, gapId: gap.gapId }))
    const block = this.#begin(payload.length)
    block.slab.buffer.set(payload, block.end)
    block.end += payload.length
    block.slab.used = block.end
    block.gap = gap
    this.#seal(block)
  }

  /** Closes the open block and gives all that are not released, oldest first. */
  sealed(): readonly PendingBlock[] {
    const last = this.#blocks.at(-1)
    if (last) this.#seal(last)
    return this.#blocks.slice()
  }

  /** Forgets the oldest `count` blocks: they are durable. */
  release(count: number): void {
    this.#released += count
    for (const { slab } of this.#blocks.splice(0, count)) {
      if (--slab.blocks > 0) continue
      if (slab === this.#slab) this.#slab = null
      this.#pool.give(slab.buffer)
    }
  }

  /** Forgets everything. Memory is left to the collector: a write may still read it. */
  drop(): void {
    this.#blocks = []
    this.#slab = null
  }

  #extendable(): PendingBlock {
    const last = this.#blocks.at(-1)
    if (last && !last.sealed && last.slab === this.#slab && this.#roomOf(last) > 0) return last
    return this.#begin(1)
  }

  #roomOf(block: PendingBlock): number {
    const payload = block.end - block.start - BLOCK_HEADER_BYTES
    return Math.min(block.slab.buffer.length - block.end, MAX_MERGED_BYTES - payload)
  }

  #begin(payloadBytes: number): PendingBlock {
    const last = this.#blocks.at(-1)
    if (last) this.#seal(last)
    const slab = this.#slabFor(payloadBytes + BLOCK_HEADER_BYTES)
    const start = slab.used
    const end = start + BLOCK_HEADER_BYTES
    const block = { slab, start, end, offset: this.#end, endByte: this.#end, gap: null, sealed: false }
    slab.used = end
    slab.blocks++
    this.#blocks.push(block)
    return block
  }

  #slabFor(bytes: number): Slab {
    const current = this.#slab
    const needed = this.#packets ? bytes : Math.max(bytes, MIN_ROOM)
    if (current && current.buffer.length - current.used >= needed) return current
    this.#slab = { buffer: this.#pool.take(needed), used: 0, blocks: 0 }
    return this.#slab
  }

  #seal(block: PendingBlock): void {
    if (block.sealed) return
    sealBlock(block.slab.buffer.subarray(block.start, block.end), block.gap ? 'gap' : 'audio', block.offset)
    block.sealed = true
  }
}

/** The blocks as few buffers: neighbours in memory are written as one. */
export function toBuffers(blocks: readonly PendingBlock[]): Buffer[] {
  const buffers: Buffer[] = []
  let run: { slab: Slab; start: number; end: number } | null = null
  for (const { slab, start, end } of blocks) {
    if (run && run.slab === slab && run.end === start) {
      run.end = end
      continue
    }
    if (run) buffers.push(run.slab.buffer.subarray(run.start, run.end))
    run = { slab, start, end }
  }
  if (run) buffers.push(run.slab.buffer.subarray(run.start, run.end))
  return buffers
}
