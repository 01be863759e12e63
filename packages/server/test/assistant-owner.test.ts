import { afterAll, beforeAll, expect, it } from 'vitest'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples } from './helpers/signals.ts'
import { bytesOf, silence } from './helpers/speech.ts'
import { highVoice, lowVoice, startToneServer } from './helpers/tone-voices.ts'

/** Whose voice it is decides whether it was meant: enrolled through the API, told by a voice model in its own process. */

const PAUSE = silence(1500)

let server: Awaited<ReturnType<typeof startToneServer>>
beforeAll(async () => {
  server = await startToneServer({ voices: { enrolment: true } }, { heard: 'qué hora es' })
})
afterAll(() => server[Symbol.asyncDispose]())

async function talk(...voices: Int16Array[]): Promise<LiveClient> {
  const client = await LiveClient.connect(server.url)
  await client.open({ mode: 'assistant', voice: 'off', diarize: false, analyze: false, events: ['decisions'] })
  for (const [i, voice] of voices.entries()) {
    await client.audio(bytesOf(concatSamples([voice, PAUSE])), 3200, 20)
    await client.until(() => client.all('turn').length > i, 30_000)
  }
  return client
}

it('answers the enrolled voice and not a stranger, and says why; with nobody enrolled it answers all', {
  timeout: 120_000,
}, async () => {
  await using before = await talk(highVoice(2000))
  expect(before.all('turn')).toMatchObject([{ status: 'answered' }])

  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open({ results: 'end' })
  const enough = concatSamples([lowVoice(9000), PAUSE, lowVoice(9000), PAUSE, lowVoice(9000), PAUSE])
  await client.audio(bytesOf(enough), 32_000)
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 60_000)
  const enrolled = await fetch(`${server.url}/voices/profiles`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session_id, speaker: 'S1', name: 'Ana', consent: 'given' }),
  })
  expect(enrolled.status).toBe(201)

  await using after = await talk(highVoice(2000), lowVoice(2000))
  expect(after.all('turn')).toMatchObject([{ status: 'ignored', reason: 'other_person' }, { status: 'answered' }])
  const reasons = after.all('decision').map(({ reason }) => reason)
  expect(reasons).toContain('a voice that is not enrolled')
  expect(reasons).toContain('conversation, an enrolled voice')
  expect(after.all('segment').every(({ speaker }) => speaker === undefined)).toBe(true) // they were not asked for
})
