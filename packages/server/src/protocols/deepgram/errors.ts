import type { VigiaError } from '@vigia/protocol'
import type { FastifyRequest } from 'fastify'
import { type ErrorShape, fullMessage } from '../compat/errors.ts'

/** Our errors as Deepgram writes them: `{err_code, err_msg, request_id}`. */

const STATUS: Readonly<Record<string, [number, string]>> = {
  unauthorized: [401, 'INVALID_AUTH'],
  forbidden: [403, 'FORBIDDEN'],
  origin_not_allowed: [403, 'FORBIDDEN'],
  not_found: [404, 'NOT_FOUND'],
  model_not_found: [400, 'Bad Request'],
  message_too_large: [413, 'Payload Too Large'],
  rate_limited: [429, 'TOO_MANY_REQUESTS'],
  overloaded: [503, 'SERVICE_UNAVAILABLE'],
  session_limit: [503, 'SERVICE_UNAVAILABLE'],
  engine_unavailable: [503, 'SERVICE_UNAVAILABLE'],
}

export function deepgramError(error: VigiaError | null): { status: number; code: string; message: string } {
  const http = error?.spec.http ?? 500
  const [status, code] =
    (error && STATUS[error.code]) ?? (http < 500 || http === 501 ? [400, 'Bad Request'] : [500, 'INTERNAL_SERVER_ERROR'])
  const message =
    error?.code === 'unauthorized'
      ? 'Invalid credentials.'
      : status === 400
        ? `Bad Request: ${reasonOf(error)}`
        : fullMessage(error)
  return { status, code, message }
}

/** Apps look for the vendor's own words where audio cannot be decoded. */
function reasonOf(error: VigiaError | null): string {
  const bad = error?.code === 'invalid_audio' || error?.code === 'unsupported_codec'
  return bad ? `failed to process audio: corrupt or unsupported data. ${fullMessage(error)}` : fullMessage(error)
}

export function deepgramErrorShape(error: VigiaError | null, request: FastifyRequest): ErrorShape {
  if (error?.code === 'invalid_json') {
    return {
      status: 400,
      body: { category: 'INVALID_JSON', message: 'Invalid JSON submitted.', details: fullMessage(error), request_id: request.id },
    }
  }
  const { status, code, message } = deepgramError(error)
  const line = message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 300)
  return {
    status,
    headers: { 'dg-error': line, 'dg-request-id': request.id },
    body: { err_code: code, err_msg: message, request_id: request.id },
  }
}
