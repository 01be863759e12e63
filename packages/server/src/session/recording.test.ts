import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecoder } from '../media/decoder.ts'
import { nodeFiles } from '../store/sqlite/files.ts'
import type { AudioRecord } from '../store/store.ts'
import { openRecording, writeRecording } from './recording.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'vigia-recording-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const pcm = (value: number, ms: number): Uint8Array => new Uint8Array(new Int16Array(ms * 16).fill(value).buffer)

async function* stream(...records: AudioRecord[]): AsyncIterable<AudioRecord> {
  yield* records
}

async function write(
  name: string,
  records: AsyncIterable<AudioRecord>,
  signal = new AbortController().signal,
  maxMs = Number.POSITIVE_INFINITY,
) {
  const decoder = await createDecoder({ encoding: 'pcm16', sampleRate: 16000, channels: 1 })
  const file = path.join(folder, name)
  const written = await writeRecording({ files: nodeFiles, path: file }, records, decoder, signal, () => {}, maxMs)
  return { file, written }
}

const audio = (offset: number, bytes: Uint8Array): AudioRecord => ({ kind: 'audio', offset, bytes })

describe('a derived recording', () => {
  it('holds the audio at its place on the timeline, silence where a gap was declared', async () => {
    const gap: AudioRecord = { kind: 'gap', gap: { atByte: 3200, ms: 50, reason: 'camera' } }
    const { file, written } = await write('gap', stream(audio(0, pcm(5, 100)), gap, audio(3200, pcm(7, 100))))
    expect(written).toEqual({ durationMs: 250, damage: [], gaps: [{ atMs: 100, ms: 50, reason: 'camera' }] })
    await using recording = await openRecording(nodeFiles, file)
    expect(recording.durationMs).toBe(250)
    expect(new Set(await recording.read(0, 100))).toEqual(new Set([5]))
    expect(new Set(await recording.read(100, 150))).toEqual(new Set([0]))
    expect(new Set(await recording.read(150, 250))).toEqual(new Set([7]))
  })

  it('keeps a gap at the end, and a gap of hours takes no room in memory', async () => {
    const gap: AudioRecord = { kind: 'gap', gap: { atByte: 3200, ms: 36_000_000, reason: 'os_suspended' } }
    const { file } = await write('long', stream(audio(0, pcm(5, 100)), gap))
    await using recording = await openRecording(nodeFiles, file)
    expect(recording.durationMs).toBe(36_000_100)
    expect(await recording.read(36_000_000, 99_000_000)).toHaveLength(1600)
  })

  it('leaves out what lies behind the longest time, audio and declared silence alike, and says so', async () => {
    const gap: AudioRecord = { kind: 'gap', gap: { atByte: 3200, ms: 86_400_000, reason: 'other' } }
    const never = audio(6400, pcm(9, 100))
    const signal = new AbortController().signal
    const { file, written } = await write(
      'bomb',
      stream(audio(0, pcm(5, 100)), gap, audio(3200, pcm(7, 100)), gap, never),
      signal,
      150,
    )
    expect(written.durationMs).toBe(150)
    expect(written.damage).toEqual([{ atMs: 150, bytes: 0, reason: 'longer than a session may be' }])
    await using recording = await openRecording(nodeFiles, file)
    expect([recording.durationMs, (await recording.read(0, 1000)).length]).toEqual([150, 2400])
  })

  it('tells damage with its place, and goes on behind it', async () => {
    const damage: AudioRecord = { kind: 'damage', offset: 3200, length: 640 }
    const { written } = await write('damage', stream(audio(0, pcm(5, 100)), damage, audio(3840, pcm(7, 100))))
    expect(written.damage).toEqual([{ atMs: 100, bytes: 640, reason: 'stored audio is damaged' }])
    expect(written.durationMs).toBe(200)
  })

  it('leaves no half-written file behind when it is aborted', async () => {
    const abort = new AbortController()
    async function* cut(): AsyncIterable<AudioRecord> {
      yield audio(0, pcm(5, 100))
      abort.abort(new Error('enough'))
      yield audio(3200, pcm(5, 100))
    }
    await expect(write('aborted', cut(), abort.signal)).rejects.toThrow('enough')
    expect((await readdir(folder)).filter((name) => name.startsWith('aborted'))).toEqual([])
  })
})
