import { FindingPatchBody, MergeSpeakersBody, type Report, SegmentPatchBody, TaskPatchBody } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { StoredSegment } from '../../store/store.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { missingPart } from './missing.ts'
import { keepOriginal, restored } from './originals.ts'
import { withCorrectedText, withFindingChanges, withOriginalText, withSegmentSpeaker, withTaskChanges } from './report-edits.ts'
import { readDetail, updateReport } from './sessions.ts'
import { reportNotReady } from './transcripts.ts'
import { parseRequest } from './validate.ts'

/** Corrections by people: text and speaker of a segment, two speakers that are one, a task. */
export function editRoutes(app: FastifyInstance, { store, sessions }: HttpDeps): void {
  app.patch<{ Params: { id: string; segmentId: string } }>('/sessions/:id/segments/:segmentId', async (request) => {
    const session = await requireSession(store, request.params.id)
    const patch = parseRequest(SegmentPatchBody, request.body, 'body')
    const stored = (await store.segments.list(session.id)).find((segment) => segment.id === request.params.segmentId)
    if (!stored) missingPart('segment', request.params.segmentId)
    await keepOriginal(store, session.id, stored)
    const changed = patched(stored, patch)
    const original = patch.text === undefined ? null : await restored(store, session.id, changed, patch.text)
    const corrected = original ?? changed
    await store.segments.upsert(session.id, [corrected])
    await updateReport(store, session.id, (report) => {
      const spoken = patch.speaker ? withSegmentSpeaker(report, stored.id, patch.speaker) : report
      if (original) return withOriginalText(spoken, original)
      return patch.text === undefined && patch.off_record === undefined
        ? spoken
        : withCorrectedText(spoken, stored.id, patch.text ?? stored.text)
    })
    const { pass: _, ...segment } = corrected
    sessions.publish(session.id, { type: 'segment', segment })
    return readDetail(store, session)
  })

  app.post<{ Params: { id: string } }>('/sessions/:id/speakers/merge', async (request) => {
    const session = await requireSession(store, request.params.id)
    const { from, into } = parseRequest(MergeSpeakersBody, request.body, 'body')
    const segments = await store.segments.list(session.id)
    const theirs = segments.filter((segment) => segment.speaker === from)
    if (theirs.length === 0) missingPart('speaker', from)
    const merged = theirs.map((segment) => ({ ...withSpeaker(segment, into), rev: segment.rev + 1 }))
    await store.segments.upsert(session.id, merged)
    const { [from]: theirName, ...others } = session.speakerNames
    // one name for both: the one that stays, else the one that goes
    const speakerNames = theirName === undefined ? others : { [into]: theirName, ...others }
    await store.sessions.update(session.id, { speakerNames })
    await updateReport(store, session.id, (report) => {
      const one = merged.reduce((changed, segment) => withSegmentSpeaker(changed, segment.id, into), report)
      const name = speakerNames[into]
      if (name === undefined) return one
      return { ...one, participants: one.participants.map((person) => (person.speaker === into ? { ...person, name } : person)) }
    })
    return readDetail(store, { ...session, speakerNames })
  })

  app.patch<{ Params: { id: string; taskId: string } }>('/sessions/:id/tasks/:taskId', async (request) => {
    const { id, taskId } = request.params
    const patch = parseRequest(TaskPatchBody, request.body, 'body')
    return changeReport(store, id, (report) => withTaskChanges(report, taskId, patch) ?? missingPart('task', taskId))
  })

  app.patch<{ Params: { id: string; findingId: string } }>('/sessions/:id/findings/:findingId', async (request) => {
    const { id, findingId } = request.params
    const patch = parseRequest(FindingPatchBody, request.body, 'body')
    return changeReport(store, id, (report) => withFindingChanges(report, findingId, patch) ?? missingPart('finding', findingId))
  })
}

/** @throws VigiaError `session_not_found`, `report_not_ready` */
async function changeReport(store: HttpDeps['store'], sessionId: string, change: (report: Report) => Report): Promise<Report> {
  const session = await requireSession(store, sessionId)
  const changed = await updateReport(store, session.id, change)
  if (!changed) throw reportNotReady(session)
  return changed
}

function patched(stored: StoredSegment, { text, speaker, off_record }: SegmentPatchBody): StoredSegment {
  const changed = { ...(speaker === undefined ? stored : withSpeaker(stored, speaker)), edited: true, rev: stored.rev + 1 }
  if (text !== undefined) {
    changed.text = text
    delete changed.words // their times are no longer known
  }
  if (off_record === true) changed.excluded = 'off_record'
  if (off_record === false && changed.excluded === 'off_record') delete changed.excluded
  return changed
}

/** The segment and its words as another speaker's. */
function withSpeaker(segment: StoredSegment, speaker: string): StoredSegment {
  const words = segment.words?.map((word) => ({ ...word, speaker }))
  return { ...segment, speaker, ...(words ? { words } : {}) }
}
