import type { Report, SpeakerMatches, VoiceProfileInfo, VoiceProfileList } from '@vigia/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples } from './helpers/signals.ts'
import { bytesOf, silence } from './helpers/speech.ts'
import { highVoice, lowVoice, startToneServer } from './helpers/tone-voices.ts'

/** Known voices through the whole server: consent, enrolment from a session, naming, forgetting. */

let server: Awaited<ReturnType<typeof startToneServer>>
beforeAll(async () => {
  server = await startToneServer({ voices: { enrolment: true } })
})
afterAll(() => server[Symbol.asyncDispose]())

async function record(...voices: Int16Array[]): Promise<{ sessionId: string; report: Report }> {
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open({ results: 'end' })
  await client.audio(bytesOf(concatSamples(voices.flatMap((voice) => [voice, silence(1500)]))), 32_000)
  client.send({ type: 'end_of_stream' })
  const { report } = await client.next('analysis', 0, 60_000)
  return { sessionId: session_id, report }
}

const enrol = (body: object): Promise<Response> =>
  fetch(`${server.url}/voices/profiles`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const get = async <T>(path: string): Promise<T> => (await (await fetch(`${server.url}${path}`)).json()) as T
const namesOf = ({ participants }: Report): (string | undefined)[] => participants.map(({ name }) => name)
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { error: { code: string } }).error.code

it('a voice is enrolled with consent only, named in later sessions, and forgotten for good', async () => {
  const first = await record(lowVoice(9000), highVoice(2500), lowVoice(9000), lowVoice(9000))
  expect(namesOf(first.report)).toEqual([undefined, undefined])
  const person = { session_id: first.sessionId, speaker: 'S1', name: 'Ana' }
  for (const consent of ['unknown', 'announced', 'refused'])
    expect(await codeOf(await enrol({ ...person, consent }))).toBe('forbidden')
  expect(await codeOf(await enrol({ ...person, speaker: 'S2', consent: 'given' }))).toBe('invalid_request')
  expect(await codeOf(await enrol({ ...person, speaker: 'S9', consent: 'given' }))).toBe('not_found')
  expect(await codeOf(await enrol({ ...person, session_id: 'none', consent: 'given' }))).toBe('session_not_found')

  const enrolled = await enrol({ ...person, consent: 'given' })
  expect(enrolled.status).toBe(201)
  const profile = (await enrolled.json()) as VoiceProfileInfo
  expect(profile).toMatchObject({ name: 'Ana', consent: 'given', model: 'emb' })
  expect(profile.speech).toBeGreaterThanOrEqual(20)
  expect(Object.keys(profile)).not.toContain('embedding')
  expect(await get<VoiceProfileList>('/voices/profiles')).toEqual({ enabled: true, profiles: [profile] })

  const second = await record(highVoice(3000), lowVoice(3000))
  expect(namesOf(second.report)).toEqual([undefined, 'Ana'])
  const { speakers } = await get<SpeakerMatches>(`/sessions/${second.sessionId}/speakers`)
  expect(speakers).toMatchObject([
    { speaker: 'S1', kind: 'unknown' },
    { speaker: 'S2', kind: 'known', name: 'Ana', profile_id: profile.id },
  ])

  const forget = (): Promise<Response> => fetch(`${server.url}/voices/profiles/${profile.id}`, { method: 'DELETE' })
  expect((await forget()).status).toBe(204)
  expect((await forget()).status).toBe(404)
  expect(namesOf((await record(lowVoice(3000))).report)).toEqual([undefined])
}, 120_000)
