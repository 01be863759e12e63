import type { Dirent } from 'node:fs'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DeepgramClient } from '@deepgram/sdk'
import { GoogleGenAI, Modality } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { KeyFile } from '../../src/access/key-file.ts'
import { addKey } from '../../src/access/keys.ts'
import { fixturePcm } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare, wavFile } from './helpers/media.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

/** Opting out of storing, by key and by request: afterwards neither a row nor a file is there that was not before. */

let server: Awaited<ReturnType<typeof startTestServer>>
let forgetful: string
beforeAll(async () => {
  const engines = { llm: scriptedLlm(), tts: scriptedTts() }
  server = await startTestServer({ access: { mode: 'required' } }, { wrapEngines: withEngines(engines) })
  new KeyFile(server.dataDir).change((ring) => {
    const made = addKey(ring, { name: 'forgetful', keep: false }, new Date().toISOString())
    forgetful = made.key
    return made.ring
  })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Directories may go while they are looked into. */
async function list(): Promise<Dirent[]> {
  for (;;) {
    try {
      return await readdir(server.dataDir, { recursive: true, withFileTypes: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** Files of everything that a client can leave behind. */
async function files(): Promise<string[]> {
  const all = await list()
  const names = all.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name))
  return names.filter((name) => !/keys\.json$|\.db(-\w+)?$/.test(name)).sort()
}

/** Rows by table, of a copy: the server holds the lock. */
async function rows(): Promise<Record<string, number>> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-rows-'))
  try {
    for (const name of ['vigia.db', 'vigia.db-wal']) await copyFile(path.join(server.dataDir, name), path.join(dir, name))
    using db = new DatabaseSync(path.join(dir, 'vigia.db'))
    const tables = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as { name: string }[]
    const counted = tables.filter(({ name }) => !/^(audit|sqlite_)|_(config|idx|data|docsize|content)$/.test(name))
    return Object.fromEntries(
      counted.map(({ name }) => [name, Number(db.prepare(`SELECT count(*) AS n FROM "${name}"`).get()!.n)]),
    )
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const stored = async () => ({ rows: await rows(), files: await files() })

/** Runs a request and waits until nothing of it is left; something must have been there in between. */
async function leavesNothing(request: () => Promise<unknown>): Promise<void> {
  const before = await stored()
  let most = 0
  let done = false
  const watch = (async () => {
    while (!done) {
      most = Math.max(most, (await files()).length)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  })()
  try {
    await request()
    await expect.poll(stored, { timeout: 30_000 }).toEqual(before)
  } finally {
    done = true
    await watch
  }
  expect(most).toBeGreaterThan(before.files.length)
}

const openai = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 })
const file = () => new File([new Uint8Array(wavFile())], 'a.wav')

async function picture(): Promise<OpenAI.ChatCompletionContentPart[]> {
  const url = `data:image/jpeg;base64,${(await redSquare()).toString('base64')}`
  return [
    { type: 'text', text: '¿Qué ves?' },
    { type: 'image_url', image_url: { url } },
  ]
}

describe('a key that opted out', () => {
  it('keeps nothing of recordings', async () => {
    await leavesNothing(() => openai(forgetful).audio.transcriptions.create({ file: file(), model: 'x' }))
    const deepgram = new DeepgramClient({ apiKey: forgetful, baseUrl: server.url })
    await leavesNothing(async () => await deepgram.listen.v1.media.transcribeFile(wavFile(), { model: 'nova-3' }))
  }, 60_000)

  it('keeps nothing of pictures', async () => {
    const ask = async () =>
      openai(forgetful).chat.completions.create({ model: 'x', messages: [{ role: 'user', content: await picture() }] })
    await leavesNothing(ask)
  }, 60_000)

  it('keeps nothing of a live conversation, also by a short-lived token of its', async () => {
    const talk = async (apiKey: string): Promise<void> => {
      const ai = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.url, apiVersion: 'v1alpha' } })
      let turns = 0
      const onmessage = (message: { serverContent?: { turnComplete?: boolean } }): void => {
        if (message.serverContent?.turnComplete) turns += 1
      }
      const config = { responseModalities: [Modality.TEXT], sessionResumption: {} }
      const live = await ai.live.connect({ model: 'x', config, callbacks: { onmessage } })
      const data = Buffer.from(fixturePcm('es-04-tareas').slice(0, 64_000)).toString('base64')
      live.sendRealtimeInput({ audio: { mimeType: 'audio/pcm;rate=16000', data } })
      live.sendRealtimeInput({ text: 'Hola' })
      await expect.poll(() => turns, { timeout: 30_000 }).toBe(1)
      live.close()
    }
    await leavesNothing(() => talk(forgetful))
    const maker = new GoogleGenAI({ apiKey: forgetful, httpOptions: { baseUrl: server.url, apiVersion: 'v1alpha' } })
    const token = await maker.authTokens.create({ config: { uses: 1 } })
    await leavesNothing(() => talk(token.name!))
  }, 60_000)

  it('is refused where everything is kept', async () => {
    const headers = { authorization: `Bearer ${forgetful}` }
    const answer = await fetch(`${server.url}/vision/frame_b64`, { method: 'POST', headers })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: { code: 'forbidden', hint: expect.stringContaining('--no-store') } })
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/audio`, { headers })
      socket.on('error', () => {})
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      socket.on('open', () => resolve('opened'))
    })
    expect(status).toBe(403)
    expect((await fetch(`${server.url}/sessions`, { headers })).status).toBe(200)
  })
})

describe('a request that opts out', () => {
  it('does so by the field of its API', async () => {
    const key = server.access.firstKey!
    const content = await picture()
    await leavesNothing(() =>
      openai(key).chat.completions.create({ model: 'x', store: false, messages: [{ role: 'user', content }] }),
    )
    const deepgram = new DeepgramClient({ apiKey: key, baseUrl: server.url })
    await leavesNothing(
      async () => await deepgram.listen.v1.media.transcribeFile(wavFile(), { model: 'nova-3', mip_opt_out: true }),
    )
  }, 60_000)

  it('does so by the header that every API takes, and is kept without it', async () => {
    const key = server.access.firstKey!
    const create = (headers: Record<string, string>) =>
      openai(key).audio.transcriptions.create({ file: file(), model: 'x' }, { headers })
    await leavesNothing(() => create({ 'x-vigia-store': 'false' }))
    const before = await stored()
    await create({})
    expect((await stored()).rows.sessions).toBe(before.rows.sessions! + 1)
  }, 60_000)
})
