import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AssistantServer, startAssistantServer } from './helpers/assistant-server.ts'
import { LiveClient } from './helpers/live-client.ts'

/** A busy server answers in text and says why; a quiet one speaks. */

const SLOTS = 5

let server: AssistantServer
beforeAll(async () => {
  server = await startAssistantServer({ overload: { maxListening: SLOTS } })
})
afterAll(() => server[Symbol.asyncDispose]())

it('an answer is text when there is no room for voices, but a danger is spoken; when load falls answers are too', {
  timeout: 90_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const others = await Promise.all(Array.from({ length: SLOTS - 1 }, async () => stack.use(await LiveClient.connect(server.url))))
  for (const other of others) await other.open({ analyze: false })
  const client = stack.use(await LiveClient.connect(server.url))
  const { tier, session_id } = await client.open({ mode: 'assistant', events: ['decisions'] })
  expect(tier).toBe('no_voice')

  client.send({ type: 'text', text: '¿qué hora es?' })
  expect((await client.next('reply_done', 0, 30_000)).text).toMatch(/^Son las /)
  expect(client.all('reply_audio')).toEqual([])
  expect(client.all('degraded')).toEqual([{ type: 'degraded', tier: 'no_voice', reason: expect.stringMatching(/busy.*text/) }])
  expect(client.all('decision')).toContainEqual(expect.objectContaining({ decision: 'no_voice', reason: 'the server is busy' }))

  const alert = { frameId: 'f1', what: 'un escalón', why: 'una caída', where: 'delante', severity: 'high' } as const
  server.sessions.publish(session_id, { type: 'alert', ...alert })
  expect((await client.next('reply_done', 1, 30_000)).text).toContain('un escalón')
  const warned = client.all('reply_audio').length
  expect(warned).toBeGreaterThan(0)

  for (const other of others) other.send({ type: 'end_of_stream' })
  const back = await client.next('degraded', 1, 30_000)
  expect(back).toMatchObject({ tier: 'full', reason: expect.stringContaining('voice again') })
  client.send({ type: 'text', text: '¿qué hora es?' })
  await client.next('reply_done', 2, 30_000)
  expect(client.all('reply_audio').length).toBeGreaterThan(warned)
  const stored = (await (await fetch(`${server.url}/sessions/${session_id}`)).json()) as { tier: string }
  expect(stored.tier).toBe('full')
})
