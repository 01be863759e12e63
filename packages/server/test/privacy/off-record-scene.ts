import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionDetail } from '@vigia/protocol'
import { expect } from 'vitest'
import type { ConfigInput } from '../../src/config/schema.ts'
import type { Asr, AsrEvent } from '../../src/engines/asr.ts'
import { PLAIN_ASR } from '../../src/engines/contract/plain-asr.ts'
import { energyVad } from '../../src/eval/live/scripted-engines.ts'
import { redSquare } from '../compat/helpers/media.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { canaryVision } from './canary-engines.ts'

/** A talk in whose middle a secret is said, and a server that hears it: what is off the record can be looked for everywhere. */

export const CANARY = 'zorzalindaco'

/** Every sample of what is off the record is this value, which nothing else has: the raw files can be searched for it. */
export const LOUD = 12_345
const talk = (value: number): Int16Array => Int16Array.from({ length: 16_000 }, (_, i) => (i % 2 === 0 ? value : -value))
const pause = new Int16Array(24_000)
const bytes = (...parts: Int16Array[]): Buffer => Buffer.concat(parts.map((part) => Buffer.from(part.buffer)))
export const before = bytes(talk(9000), pause)
export const secret = bytes(talk(LOUD), pause)
export const after = bytes(talk(7000), pause)
/** Where the secret was said, seconds. */
export const SPAN = { start: 2.2, end: 4.2 }

/** Says the canary word where it hears the loud value. */
const listener: Asr = {
  id: 'listener',
  model: 'test',
  capabilities: PLAIN_ASR,
  async *transcribe(audio): AsyncIterable<AsrEvent> {
    let startMs = Number.NaN
    let endMs = 0
    let loudest = 0
    for await (const chunk of audio) {
      if (Number.isNaN(startMs)) startMs = chunk.startMs
      endMs = chunk.startMs + chunk.samples.length / 16
      for (const sample of chunk.samples) loudest = Math.max(loudest, sample)
    }
    const text = loudest === LOUD ? `Hay que pagar a ${CANARY} mañana.` : `Hay que llamar al taller ${loudest} mañana.`
    if (!Number.isNaN(startMs)) yield { type: 'final', text, words: [], startMs, endMs }
  },
  async [Symbol.asyncDispose]() {},
}

export const start = (config: ConfigInput = {}) =>
  startTestServer(
    { overload: { maxEventLoopDelayMs: 60_000 }, ...config },
    {
      wrapEngines: (engines) =>
        ({
          ...engines,
          vad: energyVad,
          liveAsr: listener,
          finalAsr: listener,
          diarizer: null,
          vision: canaryVision(CANARY),
        }) as never,
    },
  )
export type Server = Awaited<ReturnType<typeof start>>

/** Names of files of the data directory that hold one of these. */
export async function filesWith(dataDir: string, needles: readonly Buffer[]): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(dataDir, { recursive: true })) {
    const path = join(dataDir, name)
    if (!(await stat(path)).isFile()) continue
    const content = await readFile(path)
    if (needles.some((needle) => content.includes(needle))) found.push(name)
  }
  return found
}
const sound = Buffer.from(Int16Array.of(LOUD, -LOUD, LOUD, -LOUD).buffer)
export const NEEDLES = [sound, Buffer.from(CANARY)]

export const get = async <T>({ url }: Server, path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T
export const post = (server: Server, path: string, body: object): Promise<Response> =>
  fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** Resolves when the session's next job has ended. */
export const finished = (server: Server, id: string): Promise<void> =>
  new Promise((resolve) => void server.sessions.subscribe(id, ({ type }) => type === 'closed' && resolve()))

export async function photoAt(server: Server, id: string, at: number): Promise<void> {
  const { created_at } = await get<SessionDetail>(server, `/sessions/${id}`)
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(await redSquare())]), 'x.jpg')
  form.set('session_id', id)
  form.set('timestamp', String(Date.parse(created_at) + at * 1000))
  expect((await fetch(`${server.url}/vision/frame`, { method: 'POST', body: form })).status).toBe(200)
}
