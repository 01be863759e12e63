import { expect } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { streamBytes } from '../helpers/stream-bytes.ts'

/** Damage as disks do it, and recordings whose every byte is known. */

export const IDS = ['s0', 's1', 's2'] as const
export const STREAM_BYTES = 24_000
/** Bytes that are flushed together. */
export const CHUNK_BYTES = 1000
const GAP_AT = 9000

export type Rot = (bytes: Buffer, at: number) => Buffer

/** `at` is where it happens. The buffer may be changed. */
export const ROTS: Record<string, Rot> = {
  'a bit is flipped': (bytes, at) => {
    bytes[at]! ^= 1 << (at % 8)
    return bytes
  },
  'bytes are zero': (bytes, at) => bytes.fill(0, at, Math.min(bytes.length, at + 300)),
  'the end is gone': (bytes, at) => bytes.subarray(0, at),
  'a piece is there twice': (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 700))]),
}

/** A new session whose audio is stream `no`, all of it durable, with one gap. */
export async function record(store: Store, no: number, id: string): Promise<void> {
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  const session = { owner: null, language: 'es', mode: 'transcribe', config: {}, tokenHash: 'x', tier: 'full' as const }
  await store.sessions.create({ ...session, id, format })
  const log = await store.audio.open(id)
  while (log.appendedBytes < STREAM_BYTES) {
    if (log.appendedBytes === GAP_AT) log.gap({ ms: 40, reason: 'muted', gapId: 'g' })
    log.append(streamBytes(no, log.appendedBytes, CHUNK_BYTES))
    await log.flush()
  }
}

/** Audio that is given out is the audio that was put in; what is not given out is told as damage. @returns damaged bytes */
export async function damageOf(store: Store, no: number, id: string): Promise<number> {
  let at = 0
  let damaged = 0
  let gaps = 0
  for await (const record of store.audio.read(id)) {
    if (record.kind === 'gap') {
      expect([record.gap.atByte, record.gap.ms]).toEqual([GAP_AT, 40])
      gaps += 1
      continue
    }
    expect(record.offset).toBe(at)
    if (record.kind === 'audio') expect(streamBytes(no, at, record.bytes.length).equals(record.bytes)).toBe(true)
    else damaged += record.length
    at += record.kind === 'audio' ? record.bytes.length : record.length
  }
  expect([at, gaps]).toEqual([STREAM_BYTES, 1])
  return damaged
}
