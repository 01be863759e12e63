import multipart from '@fastify/multipart'
import { type Encoding, UploadQuery, VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { describeContainer, SNIFF_BYTES, sniff } from '../../media/sniff.ts'
import type { HttpDeps } from './deps.ts'
import { parseRequest } from './validate.ts'

/** `POST /sessions`: a whole recording instead of a stream, as multipart or as the bare body. */

/** Bodies handed on as they come. */
const STREAMED = ['application/octet-stream', /^audio\//, /^video\/(webm|ogg|mp4)/]

interface Upload {
  settings: UploadQuery
  bytes: AsyncIterable<Uint8Array>
}

/** Fastify plugin of its own scope: here bodies are streams. */
export function uploadRoutes(deps: HttpDeps) {
  return async (app: FastifyInstance): Promise<void> => {
    const { sessions, limits } = deps
    await app.register(multipart, { limits: { fileSize: limits.maxUploadBytes, files: 1, fields: 20 } })
    for (const type of STREAMED) app.addContentTypeParser(type, (_request, payload, done) => done(null, payload))
    app.post('/sessions', { bodyLimit: limits.maxUploadBytes }, async (request, reply) => {
      const { settings, bytes } = await readUpload(request)
      const { encoding, stream } = await resolveEncoding(settings.encoding, bounded(bytes, limits.maxUploadBytes))
      const { sessionId } = await sessions.ingest({
        bytes: stream,
        name: settings.name,
        encoding,
        sampleRate: settings.sample_rate,
        channels: settings.channels,
        language: settings.language,
        diarize: settings.diarize,
        analyze: settings.analyze,
        speakers: settings.speakers,
        ...(settings.consent ? { consent: settings.consent } : {}),
        owner: request.principal.owner,
        sessionId: settings.session_id,
      })
      const at = `/sessions/${encodeURIComponent(sessionId)}`
      return reply
        .code(202)
        .header('location', at)
        .send({ session_id: sessionId, events: `${at}/events` })
    })
  }
}

async function readUpload(request: FastifyRequest): Promise<Upload> {
  if (!request.isMultipart()) return { settings: parseRequest(UploadQuery, request.query, 'query'), bytes: bodyOf(request) }
  const file = await request.file()
  if (!file) {
    throw new VigiaError('invalid_request', 'Expected a form with a file, got none.', {
      hint: 'curl -F file=@recording.wav …/sessions',
    })
  }
  const fields = Object.entries(file.fields).flatMap(([name, field]) =>
    field && !Array.isArray(field) && field.type === 'field' ? [[name, field.value]] : [],
  )
  const given = { name: file.filename || undefined, ...(request.query as object), ...Object.fromEntries(fields) }
  return { settings: parseRequest(UploadQuery, given, 'form'), bytes: wholeFile(file.file) }
}

function bodyOf(request: FastifyRequest): AsyncIterable<Uint8Array> {
  const body = request.body as AsyncIterable<Uint8Array> | null | undefined
  if (typeof body === 'object' && body && Symbol.asyncIterator in body) return body
  throw new VigiaError('invalid_request', 'Expected a recording as body, got none.', {
    hint: 'Send it as application/octet-stream or audio/…, or as a form with a file.',
  })
}

/** The parser cuts a file at its limit without a word: a cut file is an error here. */
async function* wholeFile(file: AsyncIterable<Uint8Array> & { truncated?: boolean }): AsyncGenerator<Uint8Array> {
  yield* file
  if (file.truncated) throw tooLarge()
}

async function* bounded(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of bytes) {
    total += chunk.length
    if (total > maxBytes) throw tooLarge()
    yield chunk
  }
}

const tooLarge = (): VigiaError =>
  new VigiaError('message_too_large', 'The recording is larger than limits.maxUploadBytes.', {
    hint: 'Send it compressed (Opus, MP3), in parts, or raise the limit.',
  })

interface Known {
  encoding: Encoding
  stream: AsyncIterable<Uint8Array>
}

/** The encoding as given, else as the first bytes tell. */
async function resolveEncoding(given: Encoding | undefined, bytes: AsyncGenerator<Uint8Array>): Promise<Known> {
  if (given === 'opus') {
    throw new VigiaError('unsupported_codec', 'Expected a recording in one file, got raw Opus packets.', {
      hint: 'Raw packets have no boundaries in a file: upload Ogg or WebM.',
    })
  }
  const head: Uint8Array[] = []
  let length = 0
  while (length < SNIFF_BYTES) {
    const { value, done } = await bytes.next()
    if (done) break
    head.push(value)
    length += value.length
  }
  if (length === 0) throw new VigiaError('invalid_audio', 'Expected a recording, got 0 bytes.')
  const stream = again(head, bytes)
  return { encoding: given ?? encodingOf(Buffer.concat(head)), stream }
}

async function* again(head: Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head
  yield* rest
}

/** @throws VigiaError `unsupported_codec` */
export function encodingOf(head: Uint8Array): Encoding {
  const container = sniff(head)
  switch (container) {
    case 'wav':
    case 'ogg_opus':
    case 'flac':
    case 'mp3':
      return container
    case 'webm':
      return 'webm_opus'
    default:
      throw new VigiaError(
        'unsupported_codec',
        `Expected WAV, FLAC, MP3, Ogg/Opus or WebM/Opus, got ${describeContainer(container)}.`,
        {
          hint: 'For raw samples say encoding, sample_rate and channels in the query.',
        },
      )
  }
}
