import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SAMPLE_RATE } from '../../engines/audio.ts'
import { WAV_HEADER_BYTES, wavHeader } from '../../media/wav.ts'
import { type FileOps, readRange } from '../../store/file-ops.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { noRecording } from './missing.ts'
import { type ByteRange, parseRange } from './range.ts'

interface ById {
  Params: { id: string }
}

/** `/sessions/:id/audio`: the derived recording with a WAV header before it, streamed, with byte ranges. */
export function audioRoutes(app: FastifyInstance, { store }: HttpDeps): void {
  app.route<ById>({ method: ['GET', 'HEAD'], url: '/sessions/:id/audio', handler })

  async function handler(request: FastifyRequest<ById>, reply: FastifyReply) {
    const session = await requireSession(store, request.params.id)
    const path = store.audio.pcmPath(session.id)
    const bytes = await store.files.size(path)
    const pcm = bytes === null ? null : await stat(path).catch(() => null)
    if (!pcm || bytes === null)
      throw noRecording(session, 'The recording can be heard once the session has ended and was transcribed.')
    const dataBytes = bytes - (bytes % 2)
    const size = WAV_HEADER_BYTES + dataBytes
    const etag = `"${pcm.mtimeMs.toString(36)}-${size.toString(36)}"`
    const wanted = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
    const range = wanted ? parseRange(request.headers.range, size) : null
    reply.header('accept-ranges', 'bytes').header('etag', etag).type('audio/wav')
    if (range === 'unsatisfiable') {
      reply.header('content-range', `bytes */${size}`)
      throw new VigiaError('range_not_satisfiable', `Expected a range within ${size} bytes, got "${request.headers.range}".`)
    }
    const { from, to } = range ?? { from: 0, to: size - 1 }
    if (range) reply.code(206).header('content-range', `bytes ${from}-${to}/${size}`)
    reply.header('content-length', to - from + 1)
    if (request.method === 'HEAD') return reply.send('')
    return reply.send(Readable.from(wavBytes(store.files, path, dataBytes, { from, to }), { objectMode: false }))
  }
}

/** Bytes `[from, to]` of header and samples. Holes in the file read as silence. */
async function* wavBytes(files: FileOps, path: string, dataBytes: number, { from, to }: ByteRange): AsyncGenerator<Uint8Array> {
  if (from < WAV_HEADER_BYTES) yield wavHeader(dataBytes, SAMPLE_RATE).subarray(from, to + 1)
  if (to < WAV_HEADER_BYTES) return
  yield* readRange(files, path, Math.max(0, from - WAV_HEADER_BYTES), to - WAV_HEADER_BYTES + 1)
}
