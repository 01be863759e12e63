import { SegmentPatchBody, TaskPatchBody, VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { type HttpDeps, requireSession } from './deps.ts'
import { withCorrectedText, withTaskStatus } from './report-edits.ts'
import { readDetail, updateReport } from './sessions.ts'
import { reportNotReady } from './transcripts.ts'
import { parseRequest } from './validate.ts'

/** Corrections by people: the text of a segment, the status of a task. */
export function editRoutes(app: FastifyInstance, { store, sessions }: HttpDeps): void {
  app.patch<{ Params: { id: string; segmentId: string } }>('/sessions/:id/segments/:segmentId', async (request) => {
    const session = await requireSession(store, request.params.id)
    const { text } = parseRequest(SegmentPatchBody, request.body, 'body')
    const stored = (await store.segments.list(session.id)).find((segment) => segment.id === request.params.segmentId)
    if (!stored) throw notFound('segment', request.params.segmentId)
    const { words: _, ...rest } = stored // the times of its words are no longer known
    const corrected = { ...rest, text, edited: true, rev: stored.rev + 1 }
    await store.segments.upsert(session.id, [corrected])
    await updateReport(store, session.id, (report) => withCorrectedText(report, stored.id, text))
    const { pass: __, ...segment } = corrected
    sessions.publish(session.id, { type: 'segment', segment })
    return readDetail(store, session)
  })

  app.patch<{ Params: { id: string; taskId: string } }>('/sessions/:id/tasks/:taskId', async (request) => {
    const session = await requireSession(store, request.params.id)
    const { status } = parseRequest(TaskPatchBody, request.body, 'body')
    const report = await store.reports.get(session.id)
    if (!report) throw reportNotReady(session)
    const changed = withTaskStatus(report, request.params.taskId, status)
    if (!changed) throw notFound('task', request.params.taskId)
    await store.reports.put(session.id, changed)
    return changed
  })
}

const notFound = (what: string, id: string): VigiaError =>
  new VigiaError('not_found', `Expected the id of a ${what} of this session, got ${JSON.stringify(id)}.`)
