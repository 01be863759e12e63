import { randomUUID } from 'node:crypto'
import type { Report } from '@vigia/protocol'
import { expect } from 'vitest'
import type { AudioRecord, NewSession, Store, StoredFrame, StoredSegment } from '../store.ts'

/** First bytes of two pictures, as far as the store looks at them. */
export const JPEG = Buffer.from('ffd8ffe000104a46494600010101', 'hex')
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** A session as a client opens it. */
export function newSession(over: Partial<NewSession> = {}): NewSession {
  return {
    id: randomUUID(),
    owner: null,
    format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'hash',
    tier: 'full',
    ...over,
  }
}

/** Reproducible bytes that hold every value. */
export function bytesOf(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = (seed + 1) * 2654435761
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** All records of a session's audio. */
export async function records(store: Store, sessionId: string, from?: number): Promise<AudioRecord[]> {
  return await Array.fromAsync(store.audio.read(sessionId, from))
}

/** The audio of the records, which must join without holes. */
export function joined(all: readonly AudioRecord[]): Buffer {
  const audio = all.filter((record) => record.kind === 'audio')
  let at = audio[0]?.offset ?? 0
  for (const { offset, bytes } of audio) {
    expect(offset).toBe(at)
    at += bytes.length
  }
  return Buffer.concat(audio.map(({ bytes }) => bytes))
}

/** A segment of the live pass. */
export function segment(over: Partial<StoredSegment>): StoredSegment {
  return { id: '1', pass: 'live', start: 0, end: 1, text: 'texto', rev: 0, ...over }
}

/** A photo without a session, not described yet. */
export function frame(over: Partial<StoredFrame>): StoredFrame {
  return {
    id: 'f',
    sessionId: null,
    owner: null,
    capturedAt: '2026-01-01T00:00:00.000Z',
    receivedAt: '2026-01-01T00:00:01.000Z',
    atMs: null,
    mime: 'image/jpeg',
    bytes: JPEG.length,
    dhash: null,
    observation: null,
    ...over,
  }
}

/** A report as far as the store looks into it. */
export function report(id: string, tasks: number): Report {
  return { session_id: id, action_items: Array.from({ length: tasks }, (_, n) => ({ id: `t${n}` })) } as unknown as Report
}
