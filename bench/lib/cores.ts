import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { CHUNK_BYTES, Fleet } from './fleet.ts'
import { startVigia } from './processes.ts'
import { dialogue } from './recordings.ts'
import { cpuOfTree, descendants, rssBytes } from './usage.ts'

/** What sessions of one kind cost: the figures of the capacity model, and the runs that it is checked against. */

/** `ingest`: stored and acknowledged; `listening`: silence, heard; `live`: a conversation with live text. */
export type SessionKind = 'ingest' | 'listening' | 'live'

export interface Cores {
  /** CPU milliseconds of all processes per second of audio of one session. */
  msPerS: number
  restMb: number
  sessionMb: number
}

export async function coresOf(kind: SessionKind, sessions: number, seconds: number, dir: string): Promise<Cores> {
  await using server = await startVigia(await mkdtemp(path.join(dir, `${kind}-`)), ['--overload.max-listening', '1000'])
  const restMb = memoryMb(server.pid)
  const audio = kind === 'live' ? dialogue() : undefined
  const fleet = await Fleet.open(server.url, {
    sessions,
    config: { analyze: false, diarize: false, results: kind === 'ingest' ? 'end' : 'stream' },
    ...(audio ? { audio, offsetOf: spread(audio) } : {}),
  })
  await fleet.stream(2000)
  const before = cpuOfTree(server.pid)
  const begin = performance.now()
  await fleet.stream(seconds * 1000)
  const wallS = (performance.now() - begin) / 1000
  const after = cpuOfTree(server.pid)
  const sessionMb = (memoryMb(server.pid) - restMb) / sessions
  fleet.drop()
  return { msPerS: (after.own - before.own + after.below - before.below) / wallS / sessions, restMb, sessionMb }
}

/** Each session at another place of the recording, so that not all speak at once. */
export const spread =
  (audio: Uint8Array) =>
  (index: number): number =>
    Math.floor(((index * 0.618) % 1) * (audio.length / CHUNK_BYTES)) * CHUNK_BYTES

const memoryMb = (pid: number): number =>
  (rssBytes(pid) + descendants(pid).reduce((sum, child) => sum + rssBytes(child), 0)) / 2 ** 20
