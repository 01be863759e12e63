import { randomUUID } from 'node:crypto'
import { MarkBody, type Marked } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { Store } from '../../store/store.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { parseRequest } from './validate.ts'

const PREFIX = 'mark/'

/** Moments that people mark. */
export function markRoutes(app: FastifyInstance, { store, sessions, clock }: HttpDeps): void {
  app.post<{ Params: { id: string } }>('/sessions/:id/marks', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    const { at, label } = parseRequest(MarkBody, request.body, 'body')
    const nowMs = at === undefined ? await sessions.locate(session.id, new Date(clock.wallMs())) : at * 1000
    const mark: Marked = { id: randomUUID(), at: Math.round(nowMs ?? session.durationMs) / 1000, label }
    await store.documents.put(session.id, PREFIX + mark.id, mark)
    return reply.code(201).send(mark)
  })

  app.delete<{ Params: { id: string; markId: string } }>('/sessions/:id/marks/:markId', async (request, reply) => {
    const session = await requireSession(store, request.params.id)
    await store.documents.delete(session.id, PREFIX + request.params.markId)
    return reply.code(204).send()
  })
}

/** In the order of the timeline. */
export async function readMarks(store: Store, sessionId: string): Promise<Marked[]> {
  const stored = await store.documents.list<Marked>(sessionId, PREFIX)
  return stored.map(({ value }) => value).sort((a, b) => a.at - b.at)
}
