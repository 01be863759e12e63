import type { Report, SessionDetail } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { LiveClient } from '../helpers/live-client.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** What those who are recorded said to it: told at the start, changed later, in list, session and report. */

type Server = Awaited<ReturnType<typeof startTestServer>>
const get = async <T>({ url }: Server, path: string): Promise<T> => (await (await fetch(`${url}${path}`)).json()) as T

async function recorded(server: Server, consent?: 'announced' | 'given'): Promise<string> {
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open({ results: 'end', ...(consent ? { consent } : {}) })
  await client.audio(new Uint8Array(16_000))
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 30_000)
  return session_id
}

it('is what the client says, else what the server is told to take for granted, and can be changed', async () => {
  await using server = await startTestServer({ privacy: { consent: 'announced' } })
  const [silent, said] = [await recorded(server), await recorded(server, 'given')]
  const stateOf = async (id: string) => [
    (await get<SessionDetail>(server, `/sessions/${id}`)).consent,
    (await get<Report>(server, `/sessions/${id}/report`)).consent,
  ]
  expect(await stateOf(silent)).toEqual(['announced', 'announced'])
  expect(await stateOf(said)).toEqual(['given', 'given'])
  const body = JSON.stringify({ consent: 'refused' })
  const headers = { 'content-type': 'application/json' }
  await expect.poll(async () => (await server.store.sessions.get(said))?.state).toBe('final')
  expect((await fetch(`${server.url}/sessions/${said}`, { method: 'PATCH', headers, body })).status).toBe(200)
  expect(await stateOf(said)).toEqual(['refused', 'refused'])
  const { sessions } = await get<{ sessions: { session_id: string; consent: string }[] }>(server, '/sessions')
  expect(Object.fromEntries(sessions.map((one) => [one.session_id, one.consent]))).toEqual({
    [silent]: 'announced',
    [said]: 'refused',
  })
})

it('goes with an uploaded recording', async () => {
  await using server = await startTestServer()
  const url = `${server.url}/sessions?encoding=pcm16&analyze=false&consent=given`
  const headers = { 'content-type': 'application/octet-stream' }
  const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(16_000) })
  const { session_id } = (await answer.json()) as { session_id: string }
  expect((await get<SessionDetail>(server, `/sessions/${session_id}`)).consent).toBe('given')
})
