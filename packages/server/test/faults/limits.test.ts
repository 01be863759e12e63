import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { LiveClient } from '../helpers/live-client.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** Limits that `config_ack` announces, and what a server does that has no room. */

const second = Buffer.alloc(32_000)

it('refuses what it has no room for at the upgrade, with the time to come again, and takes it when there is room', async () => {
  await using app = await startTestServer({ limits: { maxSessions: 1 } })
  await using first = await LiveClient.connect(app.url)
  await first.open({ results: 'end' })
  const refused = await new Promise<{ status: number; retryAfter: string | undefined }>((resolve) => {
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/ws/audio`)
    socket.on('error', () => {})
    socket.on('unexpected-response', (_request, response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
      socket.terminate()
    })
  })
  expect(refused).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) })
  first.send({ type: 'end_of_stream' })
  await first.next('final_result')
  await expect.poll(() => app.sessions.load().refusing).toBeNull()
  await using second = await LiveClient.connect(app.url)
  expect((await second.open()).tier).toBe('full')
})

it('records what it cannot hear live, and transcribes it afterwards', async () => {
  await using app = await startTestServer({ overload: { maxListening: 1 } })
  await using heard = await LiveClient.connect(app.url)
  expect((await heard.open()).tier).toBe('full')
  await using recorded = await LiveClient.connect(app.url)
  const { tier, session_id } = await recorded.open({ analyze: false })
  expect(tier).toBe('record_only')
  await recorded.audio(second)
  recorded.send({ type: 'end_of_stream' })
  expect((await recorded.next('final_result')).duration).toBe(1)
  const stored = await Array.fromAsync(app.store.audio.read(session_id))
  expect(stored.reduce((sum, record) => sum + (record.kind === 'audio' ? record.bytes.length : 0), 0)).toBe(second.length)
})

it('cuts a silent client, whose session waits for it', async () => {
  await using app = await startTestServer({ session: { idleMs: 1000 } })
  await using client = await LiveClient.connect(app.url)
  const { session_id, resume_token } = await client.open({ results: 'end' })
  expect(await client.closed).toBe(4408)
  await using again = await LiveClient.connect(app.url)
  expect((await again.open({ session_id, resume_token })).received_bytes).toBe(0)
})

it('finishes a session that has lasted as long as one may, with its results', async () => {
  await using app = await startTestServer({ session: { maxMs: 1000 } })
  await using client = await LiveClient.connect(app.url)
  await client.open({ results: 'end', analyze: false })
  await client.audio(second)
  expect((await client.next('error')).code).toBe('session_time_limit')
  const final = await client.next('final_result')
  expect([final.duration, final.truncated]).toEqual([1, true])
})

it('tells its clients before it stops, and closes with 1012 who does not leave', async () => {
  const app = await startTestServer({ session: { drainMs: 100 } })
  await using client = await LiveClient.connect(app.url)
  await client.open({ results: 'end' })
  const stopped = app[Symbol.asyncDispose]()
  expect((await client.next('going_away')).in_ms).toBe(100)
  expect(await client.closed).toBe(1012)
  await stopped
})
