import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples } from './helpers/signals.ts'
import { bytesOf, silence } from './helpers/speech.ts'
import { highVoice, lowVoice, startToneServer } from './helpers/tone-voices.ts'

/** Labels while people speak. */

const PAUSE = silence(1500)
const DIALOGUE = concatSamples([lowVoice(2500), PAUSE, highVoice(2500), PAUSE, lowVoice(2500), PAUSE])

let server: Awaited<ReturnType<typeof startToneServer>>
beforeAll(async () => {
  server = await startToneServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('a live session with a voice model', () => {
  it('says who speaks with each final text, and the second pass settles it', async () => {
    await using client = await LiveClient.connect(server.url)
    await client.open()
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    expect(client.all('segment').map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    client.send({ type: 'end_of_stream' })
    const { segments } = await client.next('final_result')
    expect(segments.map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    expect(client.all('error')).toEqual([])
  })

  it('carries a name given to a live label into the report', async () => {
    await using client = await LiveClient.connect(server.url)
    const { session_id } = await client.open()
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    const named = await fetch(`${server.url}/sessions/${session_id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ speaker_names: { S2: 'Ana' } }),
    })
    expect(named.status).toBe(200)
    client.send({ type: 'end_of_stream' })
    const { report } = await client.next('analysis')
    expect(report.participants.find(({ speaker }) => speaker === 'S2')).toMatchObject({ name: 'Ana' })
  })

  it('asks nothing of the model where speakers are not wanted', async () => {
    await using client = await LiveClient.connect(server.url)
    await client.open({ diarize: false })
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    expect(client.all('segment').map(({ speaker }) => speaker)).toEqual([undefined, undefined, undefined])
  })

  it('enrols and names nobody unless the server is told to', async () => {
    const list = await fetch(`${server.url}/voices/profiles`)
    expect(await list.json()).toEqual({ enabled: false, profiles: [] })
    await using client = await LiveClient.connect(server.url)
    const { session_id } = await client.open()
    await client.audio(bytesOf(DIALOGUE))
    client.send({ type: 'end_of_stream' })
    await client.next('analysis')
    const asked = await fetch(`${server.url}/voices/profiles`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_id, speaker: 'S1', name: 'Ana', consent: 'given' }),
    })
    expect(asked.status).toBe(403)
    expect((await fetch(`${server.url}/sessions/${session_id}/speakers`)).status).toBe(403)
  })
})
