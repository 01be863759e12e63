import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FaultFs } from '../testing/fault-fs.ts'
import { BLOCK_HEADER_BYTES } from './block.ts'
import { BlockQueue, toBuffers } from './block-queue.ts'
import { readAudio } from './read-audio.ts'
import { readSegment, type SegmentItem } from './segment-reader.ts'
import { slabPool } from './slab-pool.ts'

const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 })
const chunks = fc.array(fc.oneof(chunk, fc.constant(null)), { minLength: 1, maxLength: 12 })

describe('blocks written and read again', () => {
  it('give back the stream, whatever the pieces, gaps and sealing between them', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.boolean(), fc.nat(1_000_000), async (pieces, packets, startByte) => {
        const { file, stream, records } = write(pieces, packets, startByte)
        const items = await read(file, startByte, stream.length)
        const audio = items.flatMap((item) => (item.kind === 'block' && item.header.type === 'audio' ? [item] : []))
        expect(items.every(({ kind }) => kind === 'block')).toBe(true)
        expect(Buffer.concat(audio.map(({ payload }) => payload))).toEqual(stream)
        if (packets) expect(audio.map(({ payload }) => payload)).toEqual(records)
      }),
    )
  })

  it('cut anywhere give back all whole blocks before the cut', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.double({ min: 0, max: 1, noNaN: true }), async (pieces, where) => {
        const { file, stream } = write(pieces, true, 0)
        const whole = await read(file, 0, stream.length)
        const cut = Math.floor(file.length * where)
        const items = await read(file.subarray(0, cut), 0, stream.length)
        const kept = whole.filter((item) => item.end <= cut)
        expect(items.filter(({ kind }) => kind === 'block')).toEqual(kept)
        expect(items.filter(({ kind }) => kind === 'broken')).toHaveLength((kept.at(-1)?.end ?? 0) < cut ? 1 : 0)
      }),
    )
  })

  it('with one damaged byte anywhere lose the block it lies in and nothing else', async () => {
    const flips = fc.record({ where: fc.double({ min: 0, max: 0.999999, noNaN: true }), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(chunks, flips, async (pieces, { where, bit }) => {
        const { file, stream } = write(pieces, true, 0)
        const whole = await read(file, 0, stream.length)
        const at = Math.floor(file.length * where)
        file[at]! ^= 1 << bit
        const items = await read(file, 0, stream.length)
        const spared = whole.filter((item) => at < item.position || at >= item.end)
        expect(items.filter(({ kind }) => kind === 'block')).toEqual(spared)
      }),
      { numRuns: 300 },
    )
  })

  it('are told from audio that looks like a block', async () => {
    const inner = write([Buffer.from('forged')], true, 1_000_000).file
    const { file, stream } = write([inner, Buffer.from('after')], true, 0)
    file[20]! ^= 1
    const items = await read(file, 0, stream.length)
    expect(items.map(({ kind }) => kind)).toEqual(['broken', 'block'])
  })
})

describe('reading damaged audio', () => {
  it('joins without holes, marks what is missing, and never gives a wrong byte', async () => {
    const flips = fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(chunks, flips, async (pieces, places) => {
        const { file, stream, gaps } = write(pieces, false, 0)
        const length = file.length
        for (const place of places) file[Math.floor(length * place)]! ^= 0x55
        const files = new FaultFs()
        files.plant('/1.seg', file)
        const manifest = {
          receivedBytes: stream.length,
          segments: [{ no: 1, startByte: 0, endByte: stream.length, length }],
          gaps,
        }
        const all = await Array.fromAsync(readAudio({ files, manifest, pathOf: () => '/1.seg', from: 0, packets: false }))
        let at = 0
        for (const record of all) {
          if (record.kind === 'gap') expect(record.gap.atByte).toBe(at)
          else expect(record.offset).toBe(at)
          if (record.kind === 'audio') expect(Buffer.from(record.bytes)).toEqual(stream.subarray(at, at + record.bytes.length))
          at += record.kind === 'audio' ? record.bytes.length : record.kind === 'damage' ? record.length : 0
        }
        expect(at).toBe(stream.length)
        expect(all.flatMap((record) => (record.kind === 'gap' ? [record.gap] : []))).toEqual(gaps)
      }),
    )
  })
})

/** A segment file of the pieces; `null` is a gap. */
function write(pieces: readonly (Uint8Array | null)[], packets: boolean, startByte: number) {
  const queue = new BlockQueue({ pool: slabPool(), packets, startByte })
  const gaps: { atByte: number; ms: number; reason: string }[] = []
  for (const piece of pieces) {
    if (piece) queue.append(piece)
    else {
      const gap = { atByte: queue.endByte, ms: 20, reason: 'other' }
      gaps.push(gap)
      queue.gap(gap)
    }
  }
  const records = pieces.flatMap((piece) => (piece ? [Buffer.from(piece)] : []))
  return { file: Buffer.concat(toBuffers(queue.sealed())), stream: Buffer.concat(records), records, gaps }
}

async function read(file: Buffer, startByte: number, streamBytes: number): Promise<SegmentItem[]> {
  const readAt = async (position: number, length: number): Promise<Buffer> =>
    Buffer.from(file.subarray(position, position + length))
  const range = { length: file.length, startByte, endByte: startByte + streamBytes }
  const items = await Array.fromAsync(readSegment(readAt, range))
  for (const item of items)
    if (item.kind === 'block') expect(item.end - item.position).toBe(BLOCK_HEADER_BYTES + item.payload.length)
  return items
}
