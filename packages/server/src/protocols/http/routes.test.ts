import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HTTP_ROUTES, HttpError, SessionDetail, SessionList, VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_OWNERS, openAccess } from '../../access/testing.ts'
import { createLogger } from '../../log.ts'
import { type FakeDeps, fakeDeps, fakeReport, fakeSegment, fakeSession } from './fake-deps.ts'
import { httpRoutes } from './routes.ts'
import { createHttpServer } from './server.ts'

describe('HTTP routes', () => {
  let dir: string
  let app: FastifyInstance
  let deps: FakeDeps
  let logged: string[]
  let served: string[]

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vigia-http-'))
    deps = fakeDeps(join(dir, 'audio.pcm'))
    logged = []
    served = []
    const log = createLogger({ level: 'debug', pretty: false, personal: false }, { write: (line) => void logged.push(line) })
    app = createHttpServer({ limits: deps.limits, log, metrics: deps.metrics, access: openAccess(), owners: NO_OWNERS })
    app.addHook('onRoute', ({ method, url }) => void served.push(...[method].flat().map((m) => `${m} ${url}`)))
    await httpRoutes(app, deps)
    deps.records.set('a', fakeSession('a'))
    deps.segments.set('a', [fakeSegment('s1'), fakeSegment('s2', { start: 1.2, end: 1.9, text: 'adiós' })])
  })
  afterEach(async () => {
    await app.close()
    await rm(dir, { recursive: true })
  })

  const get = (url: string, headers = {}) => app.inject({ url, headers })
  const errorOf = (answer: { body: string }) => HttpError.parse(JSON.parse(answer.body)).error

  it('serves every documented route but the photos, and documents every route of the API', () => {
    const documented = HTTP_ROUTES.filter(({ tag }) => tag !== 'vision').map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    )
    const ours = served.filter((route) => !/^(HEAD|OPTIONS)|\/docs|\/app\/|^GET \/$/.test(route))
    expect(ours.sort()).toEqual(documented.sort())
  })

  it('lists sessions in pages', async () => {
    deps.records.set('b', fakeSession('b', { createdAt: '2025-12-31T00:00:00.000Z' }))
    const all = SessionList.parse((await get('/sessions')).json())
    expect(all.sessions.map((session) => session.session_id)).toEqual(['a', 'b'])
    expect(all.next).toBeNull()
    expect((await get('/sessions?limit=1')).json()).toMatchObject({
      sessions: [{ session_id: 'a' }],
      next: '2026-01-01T00:00:00.000Z',
    })
    expect(errorOf(await get('/sessions?limit=0'))).toMatchObject({ code: 'invalid_request' })
    expect(errorOf(await get('/sessions?colour=red')).message).toContain('colour')
  })

  it('leaves no session out between pages, also where several began in the same millisecond', async () => {
    const times = [5, 4, 4, 3, 3, 2].map((second) => `2025-01-01T00:00:0${second}.000Z`)
    deps.records.clear()
    for (const [i, createdAt] of times.entries()) deps.records.set(`s${i}`, fakeSession(`s${i}`, { createdAt }))
    const sessions = deps.store.sessions as { list(filter: { before?: string; limit: number }): Promise<unknown> }
    sessions.list = async ({ before, limit }) =>
      [...deps.records.values()]
        .filter(({ createdAt }) => before === undefined || createdAt < before)
        .slice(0, limit)
        .map((record) => ({ ...record, segments: 0, speakers: 0, frames: 0, tasks: 0, hasReport: false }))
    const pages: string[][] = []
    for (let next: string | null | undefined; next !== null; ) {
      const page = SessionList.parse((await get(`/sessions?limit=2${next ? `&before=${next}` : ''}`)).json())
      pages.push(page.sessions.map((session) => session.session_id))
      next = page.next
    }
    expect(pages).toEqual([['s0'], ['s1', 's2'], ['s3', 's4'], ['s5']])
  })

  it('gives a session with its timeline in order, gaps in their place', async () => {
    const detail = SessionDetail.parse((await get('/sessions/a')).json())
    expect(detail.timeline.map((item) => `${item.kind} ${item.at}`)).toEqual(['segment 0', 'gap 1', 'segment 1.2'])
  })

  it.each(['nope', '..%2F..%2Fetc%2Fpasswd', 'a%00b', 'x'.repeat(150)])(
    'answers 404 with a code for the session %s',
    async (id) => {
      for (const part of ['', '/report', '/transcript.md', '/audio', '/events']) {
        const answer = await get(`/sessions/${id}${part}`)
        expect([answer.statusCode, errorOf(answer).code]).toEqual([404, 'session_not_found'])
      }
    },
  )

  it('answers 405 with the methods that exist, 404 for what does not', async () => {
    const wrong = await app.inject({ method: 'DELETE', url: '/search' })
    expect([wrong.statusCode, wrong.headers.allow, errorOf(wrong).code]).toEqual([405, 'GET', 'method_not_allowed'])
    expect(errorOf(await get('/nothing')).code).toBe('not_found')
  })

  it('names speakers in session and report', async () => {
    deps.reports.set('a', fakeReport('a'))
    const answer = await app.inject({
      method: 'PATCH',
      url: '/sessions/a',
      payload: { title: 'T', speaker_names: { S1: 'Ana' } },
    })
    expect(answer.json()).toMatchObject({ title: 'T', speaker_names: { S1: 'Ana' } })
    expect(deps.reports.get('a')).toMatchObject({
      participants: [{ name: 'Ana' }],
      action_items: [{ owner: { speaker: 'S1', name: 'Ana' } }],
    })
    await app.inject({ method: 'PATCH', url: '/sessions/a', payload: { speaker_names: { S1: '' } } })
    expect(deps.records.get('a')!.speakerNames).toEqual({})
    expect(deps.reports.get('a')!.participants[0]).not.toHaveProperty('name')
  })

  it('corrects a segment, tells listeners, and marks what cites it as stale', async () => {
    deps.reports.set('a', fakeReport('a'))
    await app.inject({ method: 'PATCH', url: '/sessions/a/segments/s1', payload: { text: 'ola' } })
    expect(deps.segments.get('a')![0]).toMatchObject({ text: 'ola', edited: true, rev: 2 })
    expect(deps.reports.get('a')).toMatchObject({
      transcript: [{ text: 'ola' }],
      action_items: [{ stale: true }],
      findings: [{ stale: true }],
    })
    expect(deps.asked).toEqual([['publish', 'a', 'segment']])
    const missing = await app.inject({ method: 'PATCH', url: '/sessions/a/segments/s9', payload: { text: 'ola' } })
    expect(errorOf(missing).code).toBe('not_found')
  })

  it('ticks a task', async () => {
    const patch = (id: string, status: string) =>
      app.inject({ method: 'PATCH', url: `/sessions/a/tasks/${id}`, payload: { status } })
    expect(errorOf(await patch('t1', 'done')).code).toBe('report_not_ready')
    deps.reports.set('a', fakeReport('a'))
    expect((await patch('t1', 'done')).json()).toMatchObject({ action_items: [{ id: 't1', status: 'done' }] })
    expect(errorOf(await patch('t9', 'done')).code).toBe('not_found')
    expect(errorOf(await patch('t1', 'maybe')).code).toBe('invalid_request')
  })

  it('takes corrections that come at once, each on top of the other', async () => {
    const report = fakeReport('a')
    const tasks = Array.from({ length: 6 }, (_, i) => ({ ...report.action_items[0]!, id: `t${i}` }))
    deps.reports.set('a', { ...report, action_items: tasks })
    // as a disk does, what is read comes a little later
    for (const records of [deps.store.reports, deps.store.sessions] as { get(id: string): Promise<unknown> }[]) {
      const { get } = records
      records.get = async (id) => {
        const read = await get(id)
        await new Promise((resolve) => setTimeout(resolve, 5))
        return read
      }
    }
    const answers = await Promise.all([
      ...tasks.map(({ id }) => app.inject({ method: 'PATCH', url: `/sessions/a/tasks/${id}`, payload: { status: 'done' } })),
      ...['S1', 'S2', 'S3'].map((label) =>
        app.inject({ method: 'PATCH', url: '/sessions/a', payload: { speaker_names: { [label]: `Ana ${label}` } } }),
      ),
    ])
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200))
    expect(deps.reports.get('a')!.action_items.map(({ status }) => status)).toEqual(tasks.map(() => 'done'))
    const { speaker_names: names } = (await app.inject('/sessions/a')).json()
    expect(names).toMatchObject({ S1: 'Ana S1', S2: 'Ana S2', S3: 'Ana S3' })
  })

  it('makes a task of a suggestion by taking it on, ticking or rewording it, and a suggestion of it again', async () => {
    const patch = async (payload: Record<string, unknown>) =>
      (await app.inject({ method: 'PATCH', url: '/sessions/a/tasks/t2', payload })).json()
    const report = fakeReport('a')
    const suggestion = { ...report.action_items[0]!, id: 't2', title: 'Despedirse' }
    for (const payload of [{ suggested: false }, { status: 'done' }, { title: 'Decir adiós' }, { owner: 'S1' }, { due: null }]) {
      deps.reports.set('a', { ...report, suggested_actions: [suggestion] })
      const taken = await patch(payload)
      expect(taken.action_items.map(({ id }: { id: string }) => id)).toEqual(['t1', 't2'])
      expect(taken.action_items[1]).toMatchObject({ origin: 'user' })
      expect(taken).not.toHaveProperty('suggested_actions')
    }
    expect(await patch({ suggested: true })).toMatchObject({ action_items: [{ id: 't1' }], suggested_actions: [{ id: 't2' }] })
    expect(await patch({ status: 'dismissed' })).toMatchObject({ suggested_actions: [{ id: 't2', status: 'dismissed' }] })
    expect(await patch({ status: 'open' })).toMatchObject({ suggested_actions: [{ id: 't2', status: 'open' }] })
  })

  it('names speakers in suggestions, and marks those that cite a corrected segment', async () => {
    const report = fakeReport('a')
    deps.reports.set('a', { ...report, suggested_actions: [{ ...report.action_items[0]!, id: 't2' }] })
    await app.inject({ method: 'PATCH', url: '/sessions/a', payload: { speaker_names: { S1: 'Ana' } } })
    await app.inject({ method: 'PATCH', url: '/sessions/a/segments/s1', payload: { text: 'ola' } })
    expect(deps.reports.get('a')!.suggested_actions).toMatchObject([{ owner: { name: 'Ana' }, stale: true }])
  })

  it('dismisses and restores a finding, in the lists and in the summary too', async () => {
    const patch = async (id: string, payload: Record<string, unknown>) =>
      app.inject({ method: 'PATCH', url: `/sessions/a/findings/${id}`, payload })
    expect(errorOf(await patch('d1', { status: 'dismissed' })).code).toBe('report_not_ready')
    const points = [{ text: 'Se acordó: x.', evidence: ['s1'] }]
    deps.reports.set('a', { ...fakeReport('a'), summary: 'Se acordó: x.', summary_points: points })
    expect((await patch('d1', { status: 'dismissed', reason: 'Solo era una idea' })).json()).toMatchObject({
      decisions: [],
      findings: [{ id: 'd1', status: 'dismissed', dismissed_because: 'Solo era una idea' }],
      summary_points: [],
    })
    expect(deps.reports.get('a')!.summary).not.toContain('x.')
    expect((await patch('d1', { status: 'open' })).json()).toMatchObject({
      decisions: ['x'],
      findings: [{ id: 'd1', status: 'open' }],
      summary: 'Se acordó: x.',
      summary_points: points,
    })
    expect((await patch('d1', { text: 'y' })).json()).toMatchObject({ decisions: ['y'], findings: [{ origin: 'user' }] })
    expect(errorOf(await patch('d9', { status: 'open' })).code).toBe('not_found')
    expect(errorOf(await patch('d1', { status: 'superseded' })).code).toBe('invalid_request')
  })

  it('erases, analyses again, and finishes a session that is still open', async () => {
    deps.records.set('l', fakeSession('l', { state: 'detached' }))
    expect((await app.inject({ method: 'DELETE', url: '/sessions/a' })).statusCode).toBe(204)
    expect((await app.inject({ method: 'POST', url: '/sessions/a/analyze' })).statusCode).toBe(202)
    await app.inject({ method: 'POST', url: '/sessions/l/analyze', payload: {} })
    expect(deps.asked).toEqual([
      ['erase', 'a'],
      ['analyze', 'a', { reuseTranscript: false }],
      ['finish', 'l'],
    ])
  })

  it('gives transcripts in every format', async () => {
    expect((await get('/sessions/a/transcript.json')).json().transcript).toEqual([
      { id: 's1', start: 0, end: 1, text: 'hola', speaker: 'S1' },
      { id: 's2', start: 1.2, end: 1.9, text: 'adiós', speaker: 'S1' },
    ])
    for (const [format, type] of Object.entries({
      md: 'text/markdown',
      srt: 'application/x-subrip',
      vtt: 'text/vtt',
      txt: 'text/plain',
    })) {
      const answer = await get(`/sessions/a/transcript.${format}`)
      expect(answer.headers['content-type']).toBe(`${type}; charset=utf-8`)
      expect(answer.body).toMatch(/S1[\s\S]*hola[\s\S]*adiós/)
    }
  })

  it('writes names that users gave over those the report found', async () => {
    deps.reports.set('a', { ...fakeReport('a'), participants: [{ speaker: 'S1', name: 'Ana', talk_time: 1 }] })
    expect((await get('/sessions/a/transcript.txt')).body).toContain('Ana')
    deps.records.set('a', fakeSession('a', { speakerNames: { S1: 'Berta' } }))
    expect((await get('/sessions/a/transcript.txt')).body).toMatch(/^(?!.*Ana)[\s\S]*Berta/)
  })

  it('says why a report is not there', async () => {
    expect(errorOf(await get('/sessions/a/report'))).toMatchObject({ code: 'report_not_ready', retryable: true })
    deps.records.set('n', fakeSession('n', { config: { analyze: false } }))
    expect(errorOf(await get('/sessions/n/report')).message).toContain('analyze: false')
  })

  describe('audio', () => {
    const pcm = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256))
    beforeEach(() => writeFile(join(dir, 'audio.pcm'), pcm))

    it('is a WAV file of the recording', async () => {
      const { rawPayload, headers } = await get('/sessions/a/audio')
      expect([rawPayload.length, headers['content-length'], headers['content-type']]).toEqual([1044, '1044', 'audio/wav'])
      expect(rawPayload.subarray(0, 4).toString()).toBe('RIFF')
      expect(rawPayload.subarray(44).equals(pcm)).toBe(true)
    })

    it('gives any byte range exactly, header included', async () => {
      const whole = (await get('/sessions/a/audio')).rawPayload
      for (const [range, from, to] of [
        ['0-0', 0, 0],
        ['10-49', 10, 49],
        ['44-', 44, 1043],
        ['-5', 1039, 1043],
        ['1000-9999', 1000, 1043],
      ] as const) {
        const part = await get('/sessions/a/audio', { range: `bytes=${range}` })
        expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes ${from}-${to}/1044`])
        expect(part.rawPayload.equals(whole.subarray(from, to + 1)), range).toBe(true)
      }
    })

    it('refuses a range outside and ignores one it cannot read or that is for another version', async () => {
      const outside = await get('/sessions/a/audio', { range: 'bytes=1044-' })
      expect([outside.statusCode, outside.headers['content-range']]).toEqual([416, 'bytes */1044'])
      expect((await get('/sessions/a/audio', { range: 'bytes=0-1,3-4' })).statusCode).toBe(200)
      expect((await get('/sessions/a/audio', { range: 'bytes=0-1', 'if-range': '"old"' })).statusCode).toBe(200)
    })

    it('answers HEAD without reading the file', async () => {
      const head = await app.inject({ method: 'HEAD', url: '/sessions/a/audio' })
      expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, '1044', 0])
    })
  })

  describe('upload', () => {
    const wav = Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEfmt '), Buffer.alloc(200)])
    const postForm = async (fields: Record<string, string>, file: Buffer) => {
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      form.append('file', new Blob([new Uint8Array(file)]), 'reunión.wav')
      const encoded = new Response(form)
      const headers = { 'content-type': encoded.headers.get('content-type')! }
      return app.inject({ method: 'POST', url: '/sessions', headers, payload: Buffer.from(await encoded.arrayBuffer()) })
    }
    const postRaw = (query: string, payload: Buffer, type = 'application/octet-stream') =>
      app.inject({ method: 'POST', url: `/sessions${query}`, headers: { 'content-type': type }, payload })

    it('takes a form whose fields come before the file', async () => {
      const answer = await postForm({ language: 'en', diarize: 'false', speakers: '2' }, wav)
      expect([answer.statusCode, answer.headers.location, answer.json().events]).toEqual([
        202,
        '/sessions/made',
        '/sessions/made/events',
      ])
      expect(deps.asked).toMatchObject([
        [
          'ingest',
          {
            encoding: 'wav',
            language: 'en',
            diarize: false,
            analyze: true,
            speakers: 2,
            name: 'reunión.wav',
            length: wav.length,
          },
        ],
      ])
    })

    it('takes a bare body, told by its bytes or by the query', async () => {
      await postRaw('?session_id=mine', wav, 'audio/wav')
      await postRaw('?encoding=mulaw&sample_rate=8000', Buffer.alloc(99, 1))
      expect(deps.asked).toMatchObject([
        ['ingest', { encoding: 'wav', sessionId: 'mine' }],
        ['ingest', { encoding: 'mulaw', sampleRate: 8000, length: 99 }],
      ])
    })

    it.each([
      ['unsupported_codec', '', Buffer.from('this is not audio at all')],
      ['unsupported_codec', '', Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A '), Buffer.alloc(80)])],
      ['unsupported_codec', '?encoding=opus', Buffer.alloc(99)],
      ['invalid_audio', '', Buffer.alloc(0)],
      ['invalid_request', '?sample_rate=3', Buffer.alloc(99)],
      ['invalid_request', '?session_id=..%2Fx', Buffer.alloc(99)],
      ['message_too_large', '?encoding=pcm16', Buffer.alloc(100_001)],
    ])('answers %s for a bad upload %s', async (code, query, payload) => {
      expect(errorOf(await postRaw(query, payload)).code).toBe(code)
      expect(deps.asked).toEqual([])
    })

    it('refuses a form whose file is too large', async () => {
      expect(errorOf(await postForm({}, Buffer.concat([wav, Buffer.alloc(100_001)]))).code).toBe('message_too_large')
    })
  })

  it('finds what was said without markup', async () => {
    expect((await get('/search?q=hola')).json().hits[0].snippet).toEqual([
      { text: 'di ', hit: false },
      { text: 'hola', hit: true },
      { text: ' ya', hit: false },
    ])
    expect(errorOf(await get('/search')).code).toBe('invalid_request')
  })

  it('is ready while the store takes a probe, and says what is wrong when not', async () => {
    expect((await get('/livez')).json()).toEqual({ status: 'ok' })
    expect((await get('/readyz')).statusCode).toBe(200)
    deps.store.probe = async () => {
      throw new VigiaError('storage_full', 'full')
    }
    const answer = await get('/readyz')
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'unavailable', reason: 'storage_full' }])
  })

  it('serves metrics, both descriptions, and the docs without other hosts', async () => {
    await get('/sessions/a')
    expect((await get('/metrics')).body).toContain(
      'vigia_http_request_seconds_count{method="GET",route="/sessions/:id",status="200"} 1',
    )
    expect((await get('/openapi.json')).json()).toMatchObject({ openapi: '3.1.0', info: { version: '9.9.9' } })
    expect((await get('/asyncapi.json')).json()).toMatchObject({ asyncapi: '3.0.0' })
    const docs = await get('/docs/')
    expect(docs.statusCode).toBe(200)
    expect(docs.body).not.toMatch(/(src|href)="https?:/)
    expect(docs.headers['content-security-policy']).not.toMatch(/https:|upgrade-insecure|swagger\.io/)
    expect((await get('/docs/json')).json().paths).toHaveProperty('/sessions')
  })

  it('serves the app under a policy that allows no other host', async () => {
    const page = await get('/')
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(errorOf(await get('/app/nothing.js')).code).toBe('not_found')
    expect(errorOf(await get('/app/..%2F..%2Fpackage.json')).code).toBe('not_found')
  })

  it('keeps the text of unexpected failures to itself and logs no URL', async () => {
    deps.store.search = async () => {
      throw new Error('secreto')
    }
    const answer = await get('/search?q=palabrasecreta')
    expect([answer.statusCode, errorOf(answer).code]).toEqual([500, 'internal'])
    expect(answer.body + logged.join()).not.toMatch(/secreto|palabrasecreta/)
    expect(logged.join()).toContain(errorOf(answer).request_id)
  })

  it('answers broken JSON with a code', async () => {
    const answer = await app.inject({
      method: 'PATCH',
      url: '/sessions/a',
      headers: { 'content-type': 'application/json' },
      payload: '{',
    })
    expect([answer.statusCode, errorOf(answer).code]).toEqual([400, 'invalid_json'])
    const text = await app.inject({ method: 'PATCH', url: '/sessions/a', headers: { 'content-type': 'text/css' }, payload: 'x' })
    expect(errorOf(text).code).toBe('invalid_request')
  })
})
