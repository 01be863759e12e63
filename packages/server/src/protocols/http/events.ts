import { toErrorBody, VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { SessionEvent } from '../../session/service.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { EventStream } from './event-stream.ts'
import { SECURITY_HEADERS } from './security.ts'

/**
 * `/sessions/:id/events`: what happens in a session, as server-sent events. Stored events come from the store in order, with
 * their number as id; what only the moment needs (interim text, progress) comes without id and is not repeated.
 */
export function eventRoutes(app: FastifyInstance, { store, sessions, clock }: HttpDeps): void {
  const open = new Set<EventStream>()
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end()
  })

  app.get<{ Params: { id: string } }>('/sessions/:id/events', { exposeHeadRoute: false }, async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    const afterSeq = lastEventId(request.headers['last-event-id'])
    reply.hijack()
    reply.raw.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const stream = new EventStream({
      out: reply.raw,
      clock,
      afterSeq,
      read: (seq, limit) => store.events.list(session.id, seq, limit),
    })
    open.add(stream)
    const unsubscribe = sessions.subscribe(session.id, (event) => stream.notify(momentary(event), event.type === 'closed'))
    reply.raw.on('close', () => {
      unsubscribe()
      open.delete(stream)
      stream.end()
    })
    const { state } = (await store.sessions.get(session.id)) ?? session
    stream.start(state === 'final')
  })
}

function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return 0
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header)
  throw new VigiaError('invalid_request', `Expected the number of an event in Last-Event-ID, got ${JSON.stringify(header)}.`)
}

/** The wire form of what is not stored; null for what the store has. */
function momentary(event: SessionEvent): { type: string; data: unknown } | null {
  switch (event.type) {
    case 'interim':
      return {
        type: 'partial_result',
        data: { utterance_id: event.utteranceId, text: event.text, start: event.startMs / 1000, confirmed: event.confirmedChars },
      }
    case 'progress':
      return { type: 'analysis_progress', data: { stage: event.stage, done: event.done, total: event.total } }
    case 'error':
      return { type: 'failure', data: { ...toErrorBody(event.error), ...(event.item ? { item: event.item } : {}) } }
    default:
      return null
  }
}
