import { type Report, type TranscriptDocument, VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { renderDocx } from '../../analysis/render/docx.ts'
import { renderTranscript, type TranscriptFormat } from '../../analysis/render/render.ts'
import type { SessionRecord, Store, StoredSegment } from '../../store/store.ts'
import { type HttpDeps, requireSession } from './deps.ts'

/** The report, and the transcript in the formats people use. */

const TYPES: Readonly<Record<TranscriptFormat, string>> = {
  md: 'text/markdown; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
}

const DOCX_TYPE = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

interface ById {
  Params: { id: string }
}

export function transcriptRoutes(app: FastifyInstance, { store }: HttpDeps): void {
  app.get<ById>('/sessions/:id/report', async (request): Promise<Report> => {
    const session = await requireSession(store, request.params.id)
    const report = await store.reports.get(session.id)
    if (!report) throw reportNotReady(session)
    return report
  })

  app.get<ById>('/sessions/:id/transcript.json', async (request) => {
    const session = await requireSession(store, request.params.id)
    return toDocument(session, await store.segments.list(session.id))
  })

  for (const format of Object.keys(TYPES) as TranscriptFormat[]) {
    app.get<ById>(`/sessions/:id/transcript.${format}`, async (request, reply) => {
      const session = await requireSession(store, request.params.id)
      const { transcript } = toDocument(session, await store.segments.list(session.id))
      reply.type(TYPES[format]).header('content-disposition', `inline; filename="${session.id}.${format}"`)
      return renderTranscript(format, { title: session.title, segments: transcript, names: await namesOf(store, session) })
    })
  }

  app.get<ById>('/sessions/:id/transcript.docx', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    const { transcript } = toDocument(session, await store.segments.list(session.id))
    const report = await store.reports.get(session.id)
    const title = session.title ?? report?.title ?? session.id
    reply.type(DOCX_TYPE).header('content-disposition', `attachment; filename="${session.id}.docx"`)
    return Buffer.from(renderDocx({ title, segments: transcript, report, names: await namesOf(store, session) }))
  })
}

/** Names that the report found in what was said, and over them those that users gave. */
async function namesOf(store: Store, session: SessionRecord): Promise<Record<string, string>> {
  const report = await store.reports.get(session.id)
  const found = report?.participants.flatMap(({ speaker, name }) => (name ? [[speaker, name] as const] : [])) ?? []
  return { ...Object.fromEntries(found), ...session.speakerNames }
}

/** Without what is off the record. Segments without a speaker belong to the first one. */
function toDocument(session: SessionRecord, segments: readonly StoredSegment[]): TranscriptDocument {
  return {
    session_id: session.id,
    language: session.language,
    duration: Math.round(session.durationMs) / 1000,
    transcript: segments
      .filter(({ excluded }) => excluded !== 'off_record')
      .map(({ pass: _, rev: __, ...segment }) => ({ ...segment, speaker: segment.speaker ?? 'S1' })),
  }
}

export function reportNotReady(session: SessionRecord): VigiaError {
  if (session.config.analyze === false) {
    return new VigiaError('report_not_ready', 'Expected a session with a report, got one that was opened with analyze: false.', {
      hint: `POST /sessions/${session.id}/analyze makes it.`,
    })
  }
  return new VigiaError('report_not_ready', `Expected a session with a report, got one that is ${session.state}.`, {
    hint: `GET /sessions/${session.id}/events tells when it is there.`,
  })
}
