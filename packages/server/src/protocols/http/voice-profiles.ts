import { EnrolVoiceBody, type SpeakerMatches, VigiaError, type VoiceProfileList } from '@vigia/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KnownVoices } from '../../session/known-voices.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { ownerFilter } from './guard.ts'
import { noSuchSession } from './missing.ts'
import { parseRequest } from './validate.ts'

/** Known voices: enrol with consent, list, delete, and whom the speakers of a session are taken for. */
export function voiceProfileRoutes(app: FastifyInstance, { store }: HttpDeps, known: KnownVoices | undefined): void {
  app.get('/voices/profiles', async (request): Promise<VoiceProfileList> => {
    return { enabled: known?.enabled ?? false, profiles: (await known?.list(ownerFilter(request))) ?? [] }
  })

  app.post('/voices/profiles', async (request, reply) => {
    const body = parseRequest(EnrolVoiceBody, request.body, 'body')
    const session = await requireSession(store, body.session_id)
    requireOwner(session.owner, request)
    const profile = await required(known).enrol(session, body, untilGone(reply))
    return reply.code(201).send(profile)
  })

  app.delete<{ Params: { id: string } }>('/voices/profiles/:id', async (request, reply) => {
    await required(known).remove(request.params.id, ownerFilter(request))
    return reply.code(204).send()
  })

  app.get<{ Params: { id: string } }>('/sessions/:id/speakers', async (request, reply): Promise<SpeakerMatches> => {
    const session = await requireSession(store, request.params.id)
    return { session_id: session.id, speakers: await required(known).match(session, untilGone(reply)) }
  })
}

/** The guard knows sessions in the path only. */
function requireOwner(owner: string | null, request: FastifyRequest): void {
  const filter = ownerFilter(request)
  if (filter === undefined || (owner ?? '') === filter) return
  throw noSuchSession()
}

function required(known: KnownVoices | undefined): KnownVoices {
  if (known) return known
  throw new VigiaError('forbidden', 'This server knows no voices.')
}

/** Aborts when the client has gone. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new VigiaError('aborted', 'The client has gone.'))
  })
  return gone.signal
}
