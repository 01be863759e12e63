import { HttpError, Report, SessionDetail } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NO_OWNERS, openAccess } from '../../access/testing.ts'
import { createLogger } from '../../log.ts'
import { type FakeDeps, fakeDeps, fakeReport, fakeSegment, fakeSession } from './fake-deps.ts'
import { httpRoutes } from './routes.ts'
import { createHttpServer } from './server.ts'

describe('lines over HTTP', () => {
  let app: FastifyInstance
  let deps: FakeDeps

  beforeEach(async () => {
    deps = fakeDeps()
    const log = createLogger({ level: 'silent', pretty: false, personal: false }, { write: () => {} })
    app = createHttpServer({ limits: deps.limits, log, metrics: deps.metrics, access: openAccess(), owners: NO_OWNERS })
    await httpRoutes(app, deps)
    deps.records.set('a', fakeSession('a'))
    deps.segments.set('a', [
      fakeSegment('s1', { text: 'hola buenos días', end: 2 }),
      fakeSegment('s2', { start: 2.2, end: 3, text: 'adiós', speaker: 'S2' }),
    ])
    const report = fakeReport('a')
    report.transcript = [
      { id: 's1', speaker: 'S1', start: 0, end: 2, text: 'hola buenos días' },
      { id: 's2', speaker: 'S2', start: 2.2, end: 3, text: 'adiós' },
    ]
    deps.reports.set('a', report)
  })
  afterEach(() => app.close())

  const post = (path: string, payload: object) => app.inject({ method: 'POST', url: `/sessions/a/${path}`, payload })
  const codeOf = (answer: { body: string }) => HttpError.parse(JSON.parse(answer.body)).error.code
  const lines = () => deps.segments.get('a')!.map(({ id, speaker, text }) => `${id} ${speaker} ${text}`)

  it('cuts a line, gives the second part to somebody else, and joins them again', async () => {
    const cut = await post('segments/s1/split', { at: 5, speaker: 'S2' })
    expect(SessionDetail.parse(cut.json()).timeline.filter(({ kind }) => kind === 'segment')).toHaveLength(3)
    expect(lines()).toEqual(['s1 S1 hola', 's1.2 S2 buenos días', 's2 S2 adiós'])
    const report = Report.parse(deps.reports.get('a'))
    expect(report.transcript.map(({ id }) => id)).toEqual(['s1', 's1.2', 's2'])
    expect(report.action_items[0]!.evidence).toEqual(['s1'])
    expect(report.participants.map(({ speaker }) => speaker)).toEqual(['S1', 'S2'])

    expect((await post('segments/s1/join', { next: 's1.2' })).statusCode).toBe(200)
    expect(lines()).toEqual(['s1 S1 hola buenos días', 's2 S2 adiós'])
    expect(deps.reports.get('a')!.transcript.map(({ id, speaker }) => `${id} ${speaker}`)).toEqual(['s1 S1', 's2 S2'])
  })

  it('joins only neighbours, cuts only at words, and waits until the session is final', async () => {
    await post('segments/s1/split', { at: 5 })
    expect(codeOf(await post('segments/s1/join', { next: 's2' }))).toBe('invalid_request')
    expect(codeOf(await post('segments/s2/split', { at: 2 }))).toBe('invalid_request')
    expect(codeOf(await post('segments/s9/split', { at: 2 }))).toBe('not_found')
    deps.records.set('a', fakeSession('a', { state: 'ending' }))
    expect(codeOf(await post('segments/s1/join', { next: 's1.2' }))).toBe('conflict')
    expect(lines()).toHaveLength(3)
  })

  it('takes a merge of two voices back', async () => {
    await post('speakers/merge', { from: 'S2', into: 'S1' })
    expect(deps.segments.get('a')!.map(({ speaker }) => speaker)).toEqual(['S1', 'S1'])
    await post('speakers/assign', { speaker: 'S2', segment_ids: ['s2'] })
    expect(deps.segments.get('a')!.map(({ speaker }) => speaker)).toEqual(['S1', 'S2'])
    expect(deps.reports.get('a')!.participants.map(({ speaker, talk_time }) => `${speaker} ${talk_time}`)).toEqual([
      'S1 2',
      'S2 0.8',
    ])
    expect(codeOf(await post('speakers/assign', { speaker: 'S2', segment_ids: ['s2', 's9'] }))).toBe('not_found')
  })

  it('takes a corrected text back with its words, and nothing is stale any more', async () => {
    const words = [
      { text: 'hola', start: 0, end: 0.4 },
      { text: 'buenos', start: 0.5, end: 0.9 },
      { text: 'días', start: 1, end: 2 },
    ]
    deps.segments.get('a')![0]!.words = words
    const patch = (payload: object) => app.inject({ method: 'PATCH', url: '/sessions/a/segments/s1', payload })
    await patch({ text: 'ola' })
    await patch({ text: 'olas' })
    expect(deps.segments.get('a')![0]).toMatchObject({ text: 'olas', edited: true })
    expect(deps.segments.get('a')![0]).not.toHaveProperty('words')
    expect(deps.reports.get('a')!.findings[0]!.stale).toBe(true)
    await patch({ text: 'hola buenos días' })
    const [line] = deps.segments.get('a')!
    expect(line!.words!.map(({ text, start, end }) => ({ text, start, end }))).toEqual(words)
    expect(line).not.toHaveProperty('edited')
    const report = Report.parse(deps.reports.get('a'))
    expect([report.findings[0]!.stale, report.action_items[0]!.stale]).toEqual([undefined, undefined])
    expect(report.transcript[0]!.words).toHaveLength(3)
  })

  it('notes what the recorded people agreed to', async () => {
    const answer = await app.inject({ method: 'PATCH', url: '/sessions/a', payload: { consent: 'given' } })
    expect(answer.json()).toMatchObject({ consent: 'given' })
    expect(deps.records.get('a')!.consent).toBe('given')
  })
})
