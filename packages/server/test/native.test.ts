import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wordErrorRate } from '../src/analysis/metrics/wer.ts'
import type { SessionStatus } from '../src/session/service.ts'
import { dialogueReference, fixturePcm } from './helpers/audio.ts'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const connect = (): Promise<LiveClient> => LiveClient.connect(server.url)
const reference = dialogueReference()
  .turns.map((turn) => turn.text)
  .join(' ')

describe('a transcribed session', () => {
  it('gives live text, the final text, and a report with evidence', async () => {
    await using client = await connect()
    const ack = await client.open({ client: { name: 'test', mic: 'phone' } })
    expect(ack.received_bytes).toBe(0)
    expect(ack.engines.asr_live?.note).toMatch(/synthetic/i)
    const pcm = fixturePcm('es-dialogo')
    await client.audio(pcm, 3200, 2)
    // sent many times faster than it is spoken: what is not heard by the end would be left to the second pass
    const heard = ({ receivedBytes, lagSeconds }: SessionStatus): boolean => receivedBytes === pcm.length && lagSeconds < 1
    await expect.poll(() => server.sessions.status().every(heard), { timeout: 60_000 }).toBe(true)
    client.send({ type: 'end_of_stream' })
    const final = await client.next('final_result', 0, 60_000)
    expect(final.duration).toBeCloseTo(56, 0)
    expect(wordErrorRate(reference, final.text)).toBeLessThanOrEqual(0.0864 + 0.03)
    expect(client.all('segment').length).toBeGreaterThanOrEqual(5)
    expect(client.all('partial_result').length).toBeGreaterThan(5)
    expect(client.all('ack').at(-1)?.received_bytes).toBe(pcm.length)

    const { report } = await client.next('analysis', 0, 60_000)
    expect(new Set(report.transcript.map((item) => item.speaker))).toEqual(new Set(['S1', 'S2']))
    expect(report.action_items.some((item) => item.owner !== null)).toBe(true)
    expect(report.decisions.length).toBeGreaterThanOrEqual(1)
    expect(report.risks.length).toBeGreaterThanOrEqual(1)
    const byId = new Map(report.transcript.map((item) => [item.id, item.text]))
    for (const item of [...report.action_items, ...report.findings]) {
      const cited = item.evidence.map((id) => byId.get(id))
      expect(cited.every((text) => text !== undefined)).toBe(true)
      expect(cited.join(' ')).toContain(item.quote)
    }
    const stored = await fetch(`${server.url}/sessions/${ack.session_id}/report`)
    expect(await stored.json()).toEqual(JSON.parse(JSON.stringify(report)))
  }, 180_000)

  it('carries several sessions one after the other on one socket', async () => {
    await using client = await connect()
    const first = await client.open()
    await client.audio(fixturePcm('es-01-reunion'))
    client.send({ type: 'end_of_stream' })
    await client.next('analysis')
    client.send({ type: 'config', results: 'end' })
    const second = await client.next('config_ack', 1)
    expect(second.session_id).not.toBe(first.session_id)
    await client.audio(fixturePcm('es-04-tareas'))
    client.send({ type: 'end_of_stream' })
    const { report } = await client.next('analysis', 1)
    expect(report.session_id).toBe(second.session_id)
    expect(client.all('segment').every((segment) => segment.end < 7)).toBe(true)
  })

  it('serves a client that knows only config, audio_chunk and end_of_stream', async () => {
    await using client = await connect()
    client.raw(JSON.stringify({ type: 'config', sample_rate: 16000 }))
    await client.next('config_ack')
    const pcm = Buffer.from(fixturePcm('es-01-reunion'))
    for (let at = 0, id = 0; at < pcm.length; at += 8000, id++) {
      client.raw(JSON.stringify({ type: 'audio_chunk', chunk_id: id, data_b64: pcm.subarray(at, at + 8000).toString('base64') }))
    }
    client.raw('{"type":"end_of_stream"}')
    const final = await client.next('final_result')
    expect(final.text.length).toBeGreaterThan(20)
    expect(client.all('ack').at(-1)).toMatchObject({ received_bytes: pcm.length, chunk_id: Math.floor(pcm.length / 8000) })
  })

  it('gives no text for silence and noise, and a report that says so', async () => {
    await using client = await connect()
    await client.open()
    const noise = new Int16Array(16000 * 6)
    let seed = 7
    for (let i = 32_000; i < noise.length; i++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      noise[i] = (seed % 1200) - 600
    }
    await client.audio(new Uint8Array(noise.buffer))
    client.send({ type: 'end_of_stream' })
    expect(await client.next('final_result')).toMatchObject({ text: '', segments: [] })
    const { report } = await client.next('analysis')
    expect(report.transcript).toEqual([])
    expect(report.summary).not.toBe('')
  })

  it('puts declared gaps on the timeline', async () => {
    await using client = await connect()
    const { session_id } = await client.open()
    await client.audio(fixturePcm('es-01-reunion'))
    client.send({ type: 'gap', ms: 30_000, reason: 'camera' })
    await client.audio(fixturePcm('es-04-tareas'))
    client.send({ type: 'end_of_stream' })
    const final = await client.next('final_result')
    expect(final.duration).toBeGreaterThan(41)
    expect(final.segments.at(-1)!.start).toBeGreaterThan(35)
    const detail = (await (await fetch(`${server.url}/sessions/${session_id}`)).json()) as { timeline: { kind: string }[] }
    expect(detail.timeline.some((item) => item.kind === 'gap')).toBe(true)
  })

  it('holds interim text back to block borders with results "blocks" and gives none with "end"', async () => {
    await using client = await connect()
    await client.open({ results: 'blocks', block_ms: 2000 })
    await client.audio(fixturePcm('es-01-reunion'), 3200, 5)
    client.send({ type: 'end_of_stream' })
    await client.next('final_result')
    expect(client.all('partial_result').length).toBeLessThanOrEqual(4)
    await using silent = await connect()
    await silent.open({ results: 'end' })
    await silent.audio(fixturePcm('es-01-reunion'))
    silent.send({ type: 'end_of_stream' })
    await silent.next('final_result')
    expect(silent.all('partial_result')).toEqual([])
    expect(silent.all('segment')).toEqual([])
  })

  it('answers ping with pong, also before a config', async () => {
    await using client = await connect()
    client.send({ type: 'ping' })
    await client.next('pong')
  })
})

describe('bad input on the socket', () => {
  it('tells a client that sends audio before config', async () => {
    await using client = await connect()
    client.raw(new Uint8Array(3200))
    expect(await client.next('error')).toMatchObject({ code: 'config_required', retryable: false })
    await client.open() // the socket still serves
  })

  it.each([
    ['hello', 'invalid_json'],
    ['{"type":"dance"}', 'unknown_message_type'],
    ['{"type":"config","sample_rate":100}', 'invalid_audio_format'],
    ['{"type":"config","encoding":"aac"}', 'unsupported_codec'],
    ['{"type":"config","encoding":"vorbis"}', 'unsupported_codec'],
    ['{"type":"config","session_id":"../../etc"}', 'invalid_session_id'],
    ['{"type":"config","session_id":"nobody","resume_token":"x"}', 'session_not_found'],
    ['{"type":"end_of_stream"}', 'config_required'],
  ])('answers %s with one %s and goes on', async (text, code) => {
    await using client = await connect()
    client.raw(text)
    expect(await client.next('error')).toMatchObject({ code })
    expect(client.all('error')[0]!.hint).toBeTruthy()
    await client.open()
    expect(client.all('error')).toHaveLength(1)
  })

  it('refuses a second config, base64 garbage and chunk ids that fall, keeping what was stored', async () => {
    await using client = await connect()
    const { session_id } = await client.open()
    client.send({ type: 'audio_chunk', chunk_id: 5, data_b64: Buffer.alloc(3200).toString('base64') })
    client.send({ type: 'config' })
    client.send({ type: 'audio_chunk', chunk_id: 6, data_b64: '*** no ***' })
    client.send({ type: 'audio_chunk', chunk_id: 4, data_b64: Buffer.alloc(3200).toString('base64') })
    await client.until(() => client.all('error').length === 3)
    expect(client.all('error').map((error) => error.code)).toEqual(['config_repeated', 'invalid_base64', 'chunk_out_of_order'])
    await client.until(() => client.all('ack').some((ack) => ack.received_bytes === 3200 && ack.chunk_id === 5))
    expect((await server.store.sessions.get(session_id))?.receivedBytes).toBe(3200)
  })

  it('takes odd byte counts, and tells of half a sample at the end', async () => {
    await using client = await connect()
    await client.open({ results: 'end' })
    const pcm = fixturePcm('es-01-reunion')
    await client.audio(pcm.subarray(0, pcm.length - 1), 777)
    client.send({ type: 'end_of_stream' })
    const final = await client.next('final_result')
    expect(final.text.length).toBeGreaterThan(20)
    const { report } = await client.next('analysis')
    expect(report.analysis.warnings.map((warning) => warning.code)).toContain('invalid_audio')
  })

  it('refuses a 10 MB message with a clear error and closes; the session can be resumed', async () => {
    await using client = await connect()
    const ack = await client.open()
    await client.audio(new Uint8Array(32_000))
    await client.until(() => client.all('ack').some((a) => a.received_bytes === 32_000))
    client.raw(new Uint8Array(10 * 1024 * 1024))
    expect(await client.next('error')).toMatchObject({ code: 'message_too_large' })
    expect(await client.closed).toBe(1009)
    await using again = await connect()
    const resumed = await again.open({ session_id: ack.session_id, resume_token: ack.resume_token })
    expect(resumed.received_bytes).toBe(32_000)
  })

  it('does not open a session id twice', async () => {
    await using client = await connect()
    await client.open({ session_id: 'mine' })
    await using other = await connect()
    other.send({ type: 'config', session_id: 'mine' })
    expect(await other.next('error')).toMatchObject({ code: 'session_exists' })
  })

  it('lets a client begin anew that lost the connection before it read its token, unless something is stored', async () => {
    const { store } = server
    const detached = async (id: string): Promise<boolean> => (await store.sessions.get(id))?.state === 'detached'
    for (const [id, bytes] of [
      ['lost', 0],
      ['begun', 3200],
    ] as const) {
      await using first = await connect()
      await first.open({ session_id: id })
      if (bytes > 0) first.raw(Buffer.alloc(bytes))
      first.drop()
      await expect.poll(() => detached(id), { timeout: 30_000 }).toBe(true)
    }
    await using second = await connect()
    expect(await second.open({ session_id: 'lost' })).toMatchObject({ session_id: 'lost', received_bytes: 0 })
    await using third = await connect()
    third.send({ type: 'config', session_id: 'begun' })
    expect(await third.next('error')).toMatchObject({ code: 'session_exists' })
  })
})

describe('resume', () => {
  it('goes on from received_bytes with the last token, closes the old socket with 4409, and refuses a foreign token', async () => {
    const pcm = fixturePcm('es-dialogo')
    await using first = await connect()
    const ack = await first.open()
    await first.audio(pcm.subarray(0, 600_001))
    await first.until(() => (first.all('ack').at(-1)?.received_bytes ?? 0) > 300_000)
    await using thief = await connect()
    thief.send({ type: 'config', session_id: ack.session_id, resume_token: 'guess' })
    expect(await thief.next('error')).toMatchObject({ code: 'resume_denied' })

    await using second = await connect()
    const resumed = await second.open({ session_id: ack.session_id, resume_token: ack.resume_token })
    expect(await first.closed).toBe(4409)
    expect(resumed.received_bytes).toBeGreaterThan(300_000)
    expect(resumed.resume_token).not.toBe(ack.resume_token)
    await second.audio(pcm.subarray(resumed.received_bytes))
    second.send({ type: 'end_of_stream' })
    const final = await second.next('final_result', 0, 60_000)
    expect(wordErrorRate(reference, final.text)).toBeLessThanOrEqual(0.0864 + 0.03)
    const stored: Uint8Array[] = []
    for await (const record of server.store.audio.read(ack.session_id)) if (record.kind === 'audio') stored.push(record.bytes)
    expect(Buffer.compare(Buffer.concat(stored), pcm)).toBe(0)
  })

  it('finishes a session whose client never comes back, marked as truncated', async () => {
    await using impatient = await startTestServer({ session: { graceMs: 200 } })
    const client = await LiveClient.connect(impatient.url)
    const { session_id } = await client.open()
    await client.audio(fixturePcm('es-01-reunion'))
    await client.until(() => client.all('ack').length > 0)
    const done = new Promise<void>((resolve) => {
      impatient.sessions.subscribe(session_id, (event) => event.type === 'closed' && resolve())
    })
    client.drop()
    await done
    expect(await impatient.store.sessions.get(session_id)).toMatchObject({ state: 'final', truncated: true })
    expect((await impatient.store.reports.get(session_id))?.truncated).toBe(true)
  })
})
