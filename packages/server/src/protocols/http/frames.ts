import multipart from '@fastify/multipart'
import { type FrameGallery, SESSION_ID_PATTERN, VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Store, StoredFrame } from '../../store/store.ts'
import type { VisionService } from '../../vision/service.ts'
import { readFrameForm } from './frame-form.ts'
import { ownerFilter } from './guard.ts'
import { noSuchSession } from './missing.ts'

/** Photos over HTTP: send one, read what was seen, fetch the stored picture. */

export interface FrameRouteOptions {
  vision: VisionService
  store: Pick<Store, 'frames' | 'sessions'>
  limits: { maxImageBytes: number }
}

const FRAME_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/
const VARIANTS = /^(view|thumb|burst[1-9])$/

/** JSON around a photo in base64: 4/3 of the photo, line breaks, the other fields. */
const jsonLimit = (maxImageBytes: number): number => Math.ceil(maxImageBytes * 1.4) + 65_536

/** Fastify plugin; register with the options. */
export function frameRoutes(app: FastifyInstance, options: FrameRouteOptions, done: () => void): void {
  const { vision, store, limits } = options
  if (!app.hasRequestDecorator('isMultipart')) void app.register(multipart, { throwFileSizeLimit: true })

  const post = (request: FastifyRequest, reply: FastifyReply) => receiveFrame(request, reply)
  const bodyLimit = jsonLimit(limits.maxImageBytes)
  app.post('/vision/frame', { bodyLimit }, post)
  app.post('/vision/frame_b64', { bodyLimit }, post)

  app.get<{ Params: { id: string } }>('/sessions/:id/frames', async (request) => {
    const { id } = request.params
    const owner = ownerFilter(request)
    const session = SESSION_ID_PATTERN.test(id) ? await store.sessions.get(id) : null
    if (!session || (owner !== undefined && session.owner !== owner)) {
      throw noSuchSession()
    }
    return toGallery(id, await store.frames.list(id))
  })

  app.get<{ Params: { id: string } }>('/vision/frames/:id', async (request) => {
    const frame = await findFrame(request.params.id, ownerFilter(request))
    return frame.observation
  })

  app.get<{ Params: { id: string }; Querystring: { variant?: string } }>('/vision/frames/:id/image', async (request, reply) => {
    const frame = await findFrame(request.params.id, ownerFilter(request))
    return sendImage(reply, frame.id, request.query.variant ?? 'view')
  })
  done()

  async function receiveFrame(request: FastifyRequest, reply: FastifyReply) {
    const arrivedAt = Date.now() - reply.elapsedTime
    const { photos, ...form } = await readFrameForm(request, limits.maxImageBytes)
    const submitted = await vision.submit({
      bytes: photos,
      owner: request.principal.owner,
      arrivedAt: Math.round(arrivedAt),
      ...form,
    })
    if (!prefersAsync(request)) return submitted.observation
    return reply
      .code(202)
      .header('location', `/vision/frames/${submitted.frameId}`)
      .header('preference-applied', 'respond-async')
      .send(submitted.pending)
  }

  async function findFrame(id: string, owner: string | undefined): Promise<StoredFrame> {
    const frame = FRAME_ID.test(id) ? await store.frames.get(id) : null
    if (frame && (owner === undefined || frame.owner === owner)) return frame
    throw new VigiaError('frame_not_found', 'There is no photo with this id.')
  }

  async function sendImage(reply: FastifyReply, id: string, variant: string) {
    if (!VARIANTS.test(variant)) {
      throw new VigiaError('invalid_request', 'Expected the variant "view" or "thumb".')
    }
    const image = await store.frames.image(id, variant === 'view' ? undefined : variant)
    if (!image) throw new VigiaError('frame_not_found', `The photo has no variant "${variant}".`)
    return reply
      .type(image.mime)
      .header('content-length', image.bytes.length)
      .header('cache-control', 'private, max-age=31536000, immutable')
      .header('x-content-type-options', 'nosniff')
      .send(image.bytes)
  }
}

function toGallery(sessionId: string, frames: readonly StoredFrame[]): FrameGallery {
  const shown = frames.flatMap(({ id, observation }) => {
    const image = `/vision/frames/${id}/image`
    return observation ? [{ ...observation, image, thumb: `${image}?variant=thumb` }] : []
  })
  return { session_id: sessionId, frames: shown }
}

/** RFC 7240. */
function prefersAsync(request: FastifyRequest): boolean {
  return [request.headers.prefer ?? []].flat().some((value) => /(^|,)\s*respond-async\s*(,|;|$)/i.test(value))
}
