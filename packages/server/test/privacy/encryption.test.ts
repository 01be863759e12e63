import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { backup } from '../../src/store/sqlite/backup/backup.ts'
import { createKeyFile, readMasterKey } from '../../src/store/sqlite/encryption/master-key.ts'
import { redSquare } from '../compat/helpers/media.ts'
import { LiveClient } from '../helpers/live-client.ts'

/**
 * A word is spoken, shown, typed and used as a name, a sound is sent and a photo, to a real server process that is killed in between.
 * With a key file no byte of them stands in any file of the data directory or of a backup; without one all of them do.
 */

const CANARY = 'zorzalindaco'

let dir: string
let dataDir: string
let child: ChildProcess
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-encrypted-'))
  dataDir = join(dir, 'data')
})
afterEach(async () => {
  await end('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function start(keyFile: string): Promise<string> {
  const settings = JSON.stringify({ dataDir, store: { keyFile }, log: { level: 'error' } })
  child = spawn(process.execPath, [join(import.meta.dirname, 'canary-server.ts'), settings, CANARY], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  return await new Promise((resolve, reject) => {
    child.stdout!.on('data', (data) => {
      output += String(data)
      const url = /^(http:\S+)$/m.exec(output)
      if (url) resolve(url[1]!)
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

const talk = Buffer.from(
  Int16Array.from({ length: 96_000 }, (_, i) => (i % 32_000 < 16_000 ? Math.round(9000 * Math.sin(i / 5)) : 0)).buffer,
)

/** One session to its report, and another that is on when the process is killed. @returns the photo as it is served */
async function useAndKill(url: string): Promise<{ sessionId: string; photo: Buffer }> {
  const picture = await redSquare()
  await using client = await LiveClient.connect(url)
  const { session_id: sessionId } = await client.open({ mode: 'assistant', wake_word: CANARY, hotwords: [CANARY] } as never)
  await client.audio(talk)
  await client.next('segment')
  client.send({ type: 'text', text: `¿Quién es ${CANARY}?` })
  client.send({ type: 'frame', image_b64: picture.toString('base64'), prompt: CANARY })
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 30_000)
  await fetch(`${url}/sessions/${sessionId}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: CANARY, speaker_names: { S1: CANARY } }),
  })
  const { frames } = (await (await fetch(`${url}/sessions/${sessionId}/frames`)).json()) as { frames: { image: string }[] }
  const photo = Buffer.from(await (await fetch(url + frames[0]!.image)).arrayBuffer())
  await using other = await LiveClient.connect(url)
  await other.open({ mode: 'transcribe' } as never)
  await other.audio(talk)
  await other.until(() => other.received.some((message) => message.type === 'ack' && message.received_bytes === talk.length))
  await end('SIGKILL')
  return { sessionId, photo }
}

/** What of it stands in which files, by kind. */
async function finds(root: string, photo: Buffer): Promise<Set<string>> {
  const marks = { word: Buffer.from(CANARY), sound: talk.subarray(2000, 2128), photo: photo.subarray(0, 64) }
  const found = new Set<string>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    const folder = relative(root, entry.parentPath).split('/')[0] || 'database'
    for (const [kind, mark] of Object.entries(marks)) if (bytes.includes(mark)) found.add(`${kind} in ${folder}`)
  }
  return found
}

async function lookEverywhere(keyFile: string): Promise<Set<string>[]> {
  const { sessionId, photo } = await useAndKill(await start(keyFile))
  const killed = await finds(dataDir, photo)
  const url = await start(keyFile)
  const search = (await (await fetch(`${url}/search?q=${CANARY}`)).json()) as { hits: unknown[] }
  expect(JSON.stringify(search)).toContain(sessionId)
  const wav = Buffer.from(await (await fetch(`${url}/sessions/${sessionId}/audio`)).arrayBuffer())
  expect(wav.includes(talk.subarray(2000, 2128))).toBe(true)
  const part = await fetch(`${url}/sessions/${sessionId}/audio`, { headers: { range: 'bytes=5044-9043' } })
  expect(Buffer.from(await part.arrayBuffer()).equals(wav.subarray(5044, 9044))).toBe(true)
  const running = await finds(dataDir, photo)
  const to = join(dir, 'backup')
  const key = await readMasterKey(keyFile, () => {})
  await backup({ dataDir, to, version: '0', createdAt: '2026-01-01T00:00:00Z', key })
  const saved = await finds(to, photo)
  await end('SIGTERM')
  return [killed, running, saved, await finds(dataDir, photo)]
}

it('leaves no byte of what was said, shown and typed in an encrypted directory or its backup', async () => {
  const keyFile = join(dir, 'key')
  await createKeyFile(keyFile)
  for (const found of await lookEverywhere(keyFile)) expect([...found]).toEqual([])
}, 90_000)

it('finds all of it where nothing is encrypted: the test can fail', async () => {
  const looks = await lookEverywhere('')
  for (const found of looks)
    expect([...found]).toEqual(expect.arrayContaining(['word in database', 'sound in audio', 'photo in frames']))
}, 90_000)
