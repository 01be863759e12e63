import { toErrorBody, type VigiaError } from '@vigia/protocol'
import { type ErrorShape, fullMessage } from '../compat/errors.ts'
import { FieldError } from '../compat/read.ts'

/** Our errors as OpenAI writes them: `{error: {message, type, param, code}}`, all four always there. */

export interface OpenAiError {
  message: string
  type: string
  param: string | null
  code: string | null
}

const STATUS: Readonly<Record<string, [number, string, string | null]>> = {
  unauthorized: [401, 'invalid_request_error', 'invalid_api_key'],
  forbidden: [403, 'invalid_request_error', 'permission_denied'],
  not_found: [404, 'invalid_request_error', 'unknown_url'],
  model_not_found: [404, 'invalid_request_error', 'model_not_found'],
  session_not_found: [404, 'invalid_request_error', 'not_found'],
  method_not_allowed: [405, 'invalid_request_error', 'method_not_supported'],
  message_too_large: [413, 'invalid_request_error', 'request_too_large'],
  image_too_large: [413, 'invalid_request_error', 'image_too_large'],
  invalid_image: [400, 'invalid_request_error', 'invalid_image'],
  unsupported_image: [400, 'invalid_request_error', 'invalid_image_format'],
  invalid_audio: [400, 'invalid_request_error', 'invalid_audio'],
  unsupported_codec: [400, 'invalid_request_error', 'unsupported_format'],
  language_not_supported: [400, 'invalid_request_error', 'unsupported_language'],
  rate_limited: [429, 'rate_limit_error', 'rate_limit_exceeded'],
  vision_superseded: [429, 'rate_limit_error', 'rate_limit_exceeded'],
  overloaded: [503, 'server_error', 'overloaded'],
  session_limit: [503, 'server_error', 'overloaded'],
  not_supported: [501, 'invalid_request_error', 'unsupported'],
  engine_unavailable: [503, 'server_error', 'model_unavailable'],
}

export function openAiError(error: VigiaError | null): { status: number; error: OpenAiError } {
  const param = error instanceof FieldError ? error.param : null
  const known = error ? STATUS[error.code] : undefined
  const http = error?.spec.http ?? 500
  const [status, type, code] =
    known ?? (http < 500 ? [400, 'invalid_request_error', null] : [http === 503 ? 503 : 500, 'server_error', error?.code ?? null])
  return { status, error: { message: fullMessage(error), type, param, code } }
}

/** What will not change by asking again says so: the client repeats 5xx otherwise. */
export function openAiErrorShape(error: VigiaError | null): ErrorShape {
  const { status, error: body } = openAiError(error)
  const permanent = error?.code === 'engine_unavailable' || (status >= 500 && !toErrorBody(error).retryable)
  return { status, body: { error: body }, ...(permanent ? { headers: { 'x-should-retry': 'false' } } : {}) }
}
