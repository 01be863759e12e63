import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { crashDir } from '../../src/crash-report.ts'
import { redSquare } from '../compat/helpers/media.ts'
import { LiveClient } from '../helpers/live-client.ts'

/**
 * A word is spoken, shown, typed, answered, put into names, questions, mistakes and exceptions of a real server process. It may
 * stand nowhere that operators look: output, metrics, audit log, status, crash report.
 */

const CANARY = 'zorzalindaco'

let dir: string
let child: ChildProcess
let output: string
/** What a collector of traces got. */
let traces: string
let collector: Server
beforeEach(async () => {
  traces = ''
  collector = createServer((request, answer) => {
    request.on('data', (part) => {
      traces += part
    })
    request.on('end', () => answer.end('{}'))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  dir = await mkdtemp(join(tmpdir(), 'vigia-canary-'))
  output = ''
})
afterEach(async () => {
  collector.closeAllConnections()
  collector.close()
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(dir, { recursive: true, force: true })
})

async function start(log: object): Promise<string> {
  const telemetry = { otlpUrl: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` }
  const settings = JSON.stringify({ dataDir: dir, log, telemetry, access: { requestsPerSecond: 1000, photosPerSecond: 100 } })
  child = spawn(process.execPath, [join(import.meta.dirname, 'canary-server.ts'), settings, CANARY], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new Promise((resolve, reject) => {
    const take = (data: Buffer): void => {
      output += String(data)
      const url = /^(http:\S+)$/m.exec(output)
      if (url) resolve(url[1]!)
    }
    child.stdout!.on('data', take)
    child.stderr!.on('data', take)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output.slice(-2000)}`)))
  })
}

const talk = Buffer.from(
  Int16Array.from({ length: 96_000 }, (_, i) => (i % 32_000 < 16_000 ? Math.round(9000 * Math.sin(i / 5)) : 0)).buffer,
)

/** What a client of each kind does with the word; nothing of it may fail to reach the server. */
async function sayEverywhere(url: string): Promise<void> {
  const photo = await redSquare()
  await using client = await LiveClient.connect(url)
  const config = { mode: 'assistant', wake_word: CANARY, hotwords: [CANARY], client: { name: CANARY } } as never
  const { session_id } = await client.open(config)
  await client.audio(talk)
  await client.next('segment')
  client.send({ type: 'text', text: `¿Quién es ${CANARY}?` })
  await client.until(() => client.received.some((message) => JSON.stringify(message).includes(`Respondo ${CANARY}`)))
  client.send({ type: 'text', text: `${CANARY}, esto falla` })
  client.send({ type: 'frame', image_b64: photo.toString('base64'), prompt: CANARY })
  client.raw(`{"type":"config","${CANARY}":`)
  client.raw(JSON.stringify({ type: CANARY }))
  await client.next('error')
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 30_000)

  for (let i = 0; i < 2; i += 1) {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(photo)]), `${CANARY}.jpg`)
    form.set('prompt', CANARY)
    await fetch(`${url}/vision/frame`, { method: 'POST', body: form })
  }
  const bad = new FormData()
  bad.set('file', new Blob([CANARY]), `${CANARY}.jpg`)
  await fetch(`${url}/vision/frame`, { method: 'POST', body: bad })
  const upload = new FormData()
  upload.set('file', new Blob([`RIFF${CANARY}`]), `${CANARY}.wav`)
  await fetch(`${url}/sessions`, { method: 'POST', body: upload })
  const found = await (await fetch(`${url}/search?q=${CANARY}`)).text()
  expect(found).toContain(session_id)
  await fetch(`${url}/${CANARY}?key=${CANARY}`, { headers: { 'user-agent': CANARY, referer: `http://x/${CANARY}` } })
  const patch = (path: string, body: object) =>
    fetch(`${url}${path}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  await patch(`/sessions/${session_id}`, { title: CANARY, speaker_names: { S1: CANARY } })
  await patch(`/sessions/${session_id}`, { [CANARY]: CANARY, title: { CANARY } })
  await fetch(`${url}/sessions/${session_id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: `{${CANARY}`,
  })
  const chat = { model: CANARY, messages: [{ role: 'user', content: CANARY }] }
  for (const path of ['/v1/chat/completions', '/v1/responses', `/v1beta/models/${CANARY}:generateContent`])
    await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(chat) })
  await fetch(`${url}/v1/listen?keywords=${CANARY}`, { method: 'POST', body: new Uint8Array(talk) })
}

it.each([
  ['trace', false],
  ['trace', true],
] as const)(
  'the word stands in no log at level %s (pretty: %s), metrics, audit, status, traces or crash report',
  async (level, pretty) => {
    const url = await start({ level, pretty, sessionStatsMs: 50 })
    await sayEverywhere(url)
    for (const path of ['/metrics', '/audit', '/system', '/readyz']) {
      const answer = await fetch(`${url}${path}`)
      expect(answer.status, path).toBe(200)
      expect((await answer.text()).toLowerCase(), path).not.toContain(CANARY)
    }
    const traced = () => ['"photo"', '"finish session"'].every((name) => traces.includes(name))
    await expect.poll(traced, { timeout: 30_000 }).toBe(true)
    const gone = once(child, 'exit')
    child.kill('SIGUSR2')
    expect((await gone)[0]).toBe(1)
    const reports = await readdir(crashDir(dir))
    expect(reports).toHaveLength(1)
    const report = await readFile(join(crashDir(dir), reports[0]!), 'utf8')
    expect(JSON.parse(report)).toMatchObject({
      kind: 'uncaught_exception',
      error: { type: 'Error', cause: { type: 'TypeError' } },
    })
    expect(output).toContain('the server crashed')
    expect(output).toContain('session figures')
    for (const text of [output, report, traces]) expect(text.toLowerCase()).not.toContain(CANARY)
  },
  90_000,
)

it('finds the word in the log when logging of personal things is on: the test can fail', async () => {
  const url = await start({ level: 'trace', personal: true, sessionStatsMs: 50 })
  await sayEverywhere(url)
  expect(output.toLowerCase()).toContain(CANARY)
}, 90_000)
