import type { VigiaError } from '@vigia/protocol'
import { type ErrorShape, fullMessage } from '../compat/errors.ts'

/** Our errors as Google's APIs write them: `{error: {code, message, status, details}}`, code equal to the HTTP status. */

const STATUS: Readonly<Record<string, [number, string]>> = {
  forbidden: [403, 'PERMISSION_DENIED'],
  not_found: [404, 'NOT_FOUND'],
  model_not_found: [404, 'NOT_FOUND'],
  session_not_found: [404, 'NOT_FOUND'],
  message_too_large: [413, 'INVALID_ARGUMENT'],
  rate_limited: [429, 'RESOURCE_EXHAUSTED'],
  vision_superseded: [429, 'RESOURCE_EXHAUSTED'],
  session_limit: [429, 'RESOURCE_EXHAUSTED'],
  overloaded: [503, 'UNAVAILABLE'],
  not_supported: [501, 'UNIMPLEMENTED'],
  engine_unavailable: [503, 'UNAVAILABLE'],
  engine_timeout: [504, 'DEADLINE_EXCEEDED'],
}

export interface GeminiError {
  code: number
  message: string
  status: string
  details: object[]
}

export function geminiError(error: VigiaError | null): GeminiError {
  if (error?.code === 'unauthorized') return unauthorized(error)
  const http = error?.spec.http ?? 500
  const [code, status] =
    (error && STATUS[error.code]) ??
    (http < 500 ? [400, 'INVALID_ARGUMENT'] : http === 503 ? [503, 'UNAVAILABLE'] : [500, 'INTERNAL'])
  return { code, message: fullMessage(error), status, details: [] }
}

/** The text by which apps tell a wrong key; a request without any is another mistake at the vendor. */
export const BAD_KEY = 'API key not valid. Please pass a valid API key.'

function unauthorized(error: VigiaError): GeminiError {
  const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' }
  if (/no (api )?key|none|missing/i.test(error.message))
    return { code: 403, message: fullMessage(error), status: 'PERMISSION_DENIED', details: [] }
  return { code: 400, message: BAD_KEY, status: 'INVALID_ARGUMENT', details: [reason] }
}

export function geminiErrorShape(error: VigiaError | null): ErrorShape {
  const body = geminiError(error)
  return { status: body.code, body: { error: body } }
}
