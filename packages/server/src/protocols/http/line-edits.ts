import { AssignSpeakerBody, JoinSegmentsBody, SplitSegmentBody, VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { joinLines, partId, splitLine, withJoinedLines, withSplitLine } from '../../analysis/line-edits.ts'
import type { SessionRecord, StoredSegment } from '../../store/store.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { missingPart } from './missing.ts'
import { withSegmentSpeaker } from './report-edits.ts'
import { readDetail, updateReport } from './sessions.ts'
import { parseRequest } from './validate.ts'

/** Lines of a finished transcript cut in two, joined, given to somebody else. */

interface ByLine {
  Params: { id: string; segmentId: string }
}

export function lineEditRoutes(app: FastifyInstance, { store, sessions }: HttpDeps): void {
  const publish = (id: string, { pass: _, ...segment }: StoredSegment): void => sessions.publish(id, { type: 'segment', segment })

  app.post<ByLine>('/sessions/:id/segments/:segmentId/split', async (request) => {
    const session = await requireFinished(store, request.params.id)
    const { at, speaker } = parseRequest(SplitSegmentBody, request.body, 'body')
    const segments = await store.segments.list(session.id)
    const [line] = find(segments, request.params.segmentId)
    const halves = splitLine(line, at, partId(line.id, new Set(segments.map(({ id }) => id))))
    const [first, second] = [{ ...halves[0], rev: line.rev + 1 }, spokenBy(halves[1], speaker ?? line.speaker)]
    await store.segments.upsert(session.id, [first, second])
    await updateReport(store, session.id, (report) => {
      const split = withSplitLine(report, [first, second])
      return speaker === undefined ? split : withSegmentSpeaker(split, second.id, speaker)
    })
    publish(session.id, first)
    publish(session.id, second)
    return readDetail(store, session)
  })

  app.post<ByLine>('/sessions/:id/segments/:segmentId/join', async (request) => {
    const session = await requireFinished(store, request.params.id)
    const { next } = parseRequest(JoinSegmentsBody, request.body, 'body')
    const segments = await store.segments.list(session.id)
    const [first, at] = find(segments, request.params.segmentId)
    const [second] = find(segments, next)
    if (segments[at + 1] !== second) {
      throw new VigiaError('invalid_request', 'Expected the segment that follows this one, got another one.', {
        hint: 'GET /sessions/{id} has them in order.',
      })
    }
    const joined = { ...joinLines(first, spokenBy(second, first.speaker)), rev: Math.max(first.rev, second.rev) + 1 }
    await store.segments.replaceFinal(session.id, segments.toSpliced(at, 2, joined))
    await updateReport(store, session.id, (report) => {
      const merged = withJoinedLines(report, joined, second.id)
      return joined.speaker === undefined ? merged : withSegmentSpeaker(merged, joined.id, joined.speaker)
    })
    publish(session.id, joined)
    return readDetail(store, session)
  })

  app.post<{ Params: { id: string } }>('/sessions/:id/speakers/assign', async (request) => {
    const session = await requireSession(store, request.params.id)
    const { speaker, segment_ids } = parseRequest(AssignSpeakerBody, request.body, 'body')
    const segments = await store.segments.list(session.id)
    const changed = [...new Set(segment_ids)].map((id) => {
      const [segment] = find(segments, id)
      return { ...spokenBy(segment, speaker), edited: true, rev: segment.rev + 1 }
    })
    await store.segments.upsert(session.id, changed)
    await updateReport(store, session.id, (report) => changed.reduce((so, { id }) => withSegmentSpeaker(so, id, speaker), report))
    for (const segment of changed) publish(session.id, segment)
    return readDetail(store, session)
  })
}

/** While a session is open its lines still come and change. @throws VigiaError `session_not_found`, `conflict` */
async function requireFinished(store: HttpDeps['store'], id: string): Promise<SessionRecord> {
  const session = await requireSession(store, id)
  if (session.state === 'final') return session
  throw new VigiaError('conflict', `Expected a session that is final, got one that is ${session.state}.`, {
    hint: 'Lines are cut and joined when the transcript stands.',
  })
}

function find(segments: readonly StoredSegment[], id: string): [segment: StoredSegment, at: number] {
  const at = segments.findIndex((segment) => segment.id === id)
  const segment = segments[at]
  if (segment) return [segment, at]
  return missingPart('segment', id)
}

/** The line and its words as somebody's. */
function spokenBy(segment: StoredSegment, speaker: string | undefined): StoredSegment {
  if (speaker === undefined) return segment
  const words = segment.words?.map((word) => ({ ...word, speaker }))
  return { ...segment, speaker, ...(words ? { words } : {}) }
}
