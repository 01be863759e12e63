import { AnalyzeBody, ListQuery, OffRecordBody, type Report, type SessionDetail, SessionPatchBody } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { TurnTrace } from '../../session/assistant.ts'
import { offRecordSpans } from '../../session/off-record.ts'
import type { SessionRecord, Store } from '../../store/store.ts'
import { type HttpDeps, isOpen, requireSession } from './deps.ts'
import { ownerFilter } from './guard.ts'
import { inTurn } from './in-turn.ts'
import { readMarks } from './marks.ts'
import { withSpeakerNames } from './report-edits.ts'
import { placeGaps, type TimelineGap, toDetail, toSummary } from './session-view.ts'
import { parseRequest } from './validate.ts'

/** `/sessions`: list, read, name, analyse again, erase. */

interface ById {
  Params: { id: string }
}

export function sessionRoutes(app: FastifyInstance, { store, sessions }: HttpDeps): void {
  app.get('/sessions', async (request) => {
    const { limit, ...filter } = parseRequest(ListQuery, request.query, 'query')
    const page = await store.sessions.list({ ...filter, owner: ownerFilter(request), limit: limit + 1 })
    const { shown, next } = pageOf(page, limit)
    return { sessions: shown.map((session) => toSummary(session, session)), next }
  })

  app.get<ById>('/sessions/:id', async (request) => readDetail(store, await requireSession(store, request.params.id)))

  app.patch<ById>('/sessions/:id', async (request) => {
    const patch = parseRequest(SessionPatchBody, request.body, 'body')
    const { session, speakerNames } = await inTurn(store, async () => {
      const session = await requireSession(store, request.params.id)
      const speakerNames = mergeNames(session.speakerNames, patch.speaker_names)
      await store.sessions.update(session.id, {
        speakerNames,
        ...(patch.title === undefined ? {} : { title: patch.title }),
        ...(patch.consent === undefined ? {} : { consent: patch.consent }),
      })
      return { session, speakerNames }
    })
    if (patch.speaker_names) await updateReport(store, session.id, (report) => withSpeakerNames(report, speakerNames))
    const { consent } = patch
    if (consent) await updateReport(store, session.id, (report) => ({ ...report, consent }))
    return readDetail(store, await requireSession(store, session.id))
  })

  app.delete<ById>('/sessions/:id', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    await sessions.erase(session.id)
    return reply.code(204).send()
  })

  app.post<ById>('/sessions/:id/off-record', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    const { start, end } = parseRequest(OffRecordBody, request.body, 'body')
    await sessions.offRecord(session.id, { startMs: start * 1000, endMs: end * 1000 })
    return reply.code(202).send({ session_id: session.id, events: `/sessions/${encodeURIComponent(session.id)}/events` })
  })

  app.post<ById>('/sessions/:id/analyze', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    const { reuse_transcript } = parseRequest(AnalyzeBody, request.body, 'body')
    if (isOpen(session.state)) await sessions.finish(session.id)
    else await sessions.analyze(session.id, { reuseTranscript: reuse_transcript })
    return reply.code(202).send({ session_id: session.id, events: `/sessions/${encodeURIComponent(session.id)}/events` })
  })
}

/** Names by label; an empty one takes the name away. */
function mergeNames(before: Record<string, string>, patch: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, name]) => name.trim() !== ''))
}

/**
 * What of a list that has one more than fits is shown. The next page begins behind a moment: sessions of the moment at which this one
 * ends are left to the next together, so that none falls in between.
 */
function pageOf<T extends { createdAt: string }>(list: readonly T[], limit: number): { shown: T[]; next: string | null } {
  const fitting = list.slice(0, limit)
  if (list.length <= limit) return { shown: fitting, next: null }
  const whole = fitting.filter(({ createdAt }) => createdAt !== list[limit]!.createdAt)
  const shown = whole.length > 0 ? whole : fitting
  return { shown, next: shown.at(-1)!.createdAt }
}

/** Changes the stored report, where there is one. */
export function updateReport(store: Store, sessionId: string, change: (report: Report) => Report): Promise<Report | null> {
  return inTurn(store, async () => {
    const report = await store.reports.get(sessionId)
    if (!report) return null
    const changed = change(report)
    await store.reports.put(sessionId, changed)
    return changed
  })
}

/** One session with its timeline. */
export async function readDetail(store: Store, session: SessionRecord): Promise<SessionDetail> {
  const [counts, segments, frames, gaps, marks, turns] = await Promise.all([
    store.sessions.counts(session.id),
    store.segments.list(session.id),
    store.frames.list(session.id),
    readGaps(store, session),
    readMarks(store, session.id),
    store.documents.get<TurnTrace[]>(session.id, 'turns'),
  ])
  return toDetail(session, counts, { segments, frames, gaps, marks, ...(turns ? { turns } : {}) })
}

/** What the second pass wrote down about the recording. */
interface RecordingDocument {
  damage?: { atMs: number; bytes: number; reason: string }[]
  gaps?: TimelineGap[]
}

async function readGaps(store: Store, session: SessionRecord): Promise<TimelineGap[]> {
  const recording = await store.documents.get<RecordingDocument>(session.id, 'recording')
  const declared = recording?.gaps ?? placeGaps(session.format, await store.audio.gaps(session.id)) ?? []
  const damage = recording?.damage?.map(({ atMs, reason }) => ({ atMs, ms: 0, reason: `damaged audio: ${reason}` })) ?? []
  const offRecord = await offRecordSpans(store, session.id)
  const silence = offRecord.map(({ startMs, endMs }) => ({ atMs: startMs, ms: endMs - startMs, reason: 'off_record' }))
  return [...declared, ...damage, ...silence]
}
