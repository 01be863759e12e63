import { afterAll, beforeAll, expect, it } from 'vitest'
import { check } from '../src/eval/live/check.ts'
import type { Performance } from '../src/eval/live/play.ts'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'

let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  app = await startTestServer()
}, 60_000)
afterAll(() => app[Symbol.asyncDispose]())

it('answers typed text by voice in Opus, and says where the time went', { timeout: 60_000 }, async () => {
  await using client = await LiveClient.connect(app.url)
  const { session_id } = await client.open({
    mode: 'assistant',
    events: ['decisions'],
    assistant: { output: { encoding: 'opus' } },
  })
  client.send({ type: 'text', text: '¿qué hora es?' })
  const done = await client.next('reply_done')
  expect(done.text).toMatch(/^Son las /)
  const sound = client.all('reply_audio')
  expect(sound.length).toBeGreaterThan(20)
  expect(sound.every(({ encoding, sample_rate }) => encoding === 'opus' && sample_rate === 24_000)).toBe(true)
  expect(sound.map(({ start_ms }) => start_ms)).toEqual(sound.map((_, i) => i * 20))

  const { parts, total } = await client.next('turn_trace')
  const upToSent = [parts.turn_end, parts.final_text, parts.requested, parts.first_token, parts.first_sentence, parts.first_audio]
  const sum = [...upToSent, parts.first_sent].reduce<number>((all, part) => all + (part ?? 0), 0)
  expect(sum).toBeCloseTo(total, 2)
  await client.until(() => client.all('decision').some(({ decision }) => decision === 'reply_finished'))
  const detail = (await (await fetch(`${app.url}/sessions/${session_id}`)).json()) as { turns: { reply_id: number }[] }
  expect(detail.turns.map(({ reply_id }) => reply_id)).toEqual([1])
  expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(/vigia_turn_seconds_count\{part="total"\} 1/)
})

it('lists its voices, and refuses what belongs to the assistant in a session that only transcribes', async () => {
  const list = (await (await fetch(`${app.url}/voices`)).json()) as { engine: string; voices: { id: string }[] }
  expect(list.engine).toBe('espeak')
  expect(list.voices.map(({ id }) => id)).toContain('es-419')
  await using client = await LiveClient.connect(app.url)
  await client.open()
  client.send({ type: 'text', text: 'hola' })
  expect((await client.next('error')).code).toBe('not_supported')
})

it('the checks of the scenario bench can fail', () => {
  const message = (atMs: number, fields: object) => ({ atMs, message: fields as Performance['received'][number]['message'] })
  const performance: Performance = {
    received: [
      message(100, { type: 'reply_started', reply_id: 2 }),
      message(900, { type: 'decision', at: 0.9, decision: 'barge_in', reason: 'words' }),
      message(900, { type: 'reply_interrupted', reply_id: 2, reason: 'barge_in', heard_text: 'Son' }),
      message(1000, { type: 'reply_text', reply_id: 1, text: 'vieja' }),
    ],
    sounded: [{ atMs: 1200, replyId: 2 }],
    spoken: [],
    scriptEndMs: 1500,
    endMs: 2000,
    asked: [],
    toolCalls: [],
  }
  const complaints = check(performance, { stopMs: 150, done: 1, interrupted: [], spoken: ['nueva'] })
  expect(complaints.join('\n')).toMatch(/answer 1 came behind answer 2/)
  expect(complaints.join('\n')).toMatch(/sounded 300 ms after it was interrupted/)
  expect(complaints.join('\n')).toMatch(/stopMs: expected at most 150, got 300/)
  expect(complaints.join('\n')).toMatch(/sounded for 300 ms after speech was confirmed/)
  expect(complaints.length).toBe(7)
})
