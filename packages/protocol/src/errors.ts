/**
 * The registry of error codes: one stable name per mistake or failure, with what each transport does about it.
 * Codes are never reused. `docs/errors.md` explains each one; a test keeps both lists equal.
 */

/** What a transport does with an error. */
export interface ErrorSpec {
  /** HTTP status of the answer. */
  readonly http: number
  /** WebSocket close code when the error ends the connection (`fatal`), else the code it would have. */
  readonly close: number
  /** True when the same request may succeed later without change. */
  readonly retryable: boolean
  /** True when the live socket is closed after the error message. */
  readonly fatal: boolean
}

const spec = (http: number, close: number, retryable = false, fatal = false): ErrorSpec => ({ http, close, retryable, fatal })

/** Every error code of Vigía. Keep sorted by subject; add to `docs/errors.md` in the same commit. */
export const ERROR_CODES = {
  // messages
  invalid_json: spec(400, 4400),
  invalid_message: spec(400, 4400),
  unknown_message_type: spec(400, 4400),
  message_too_large: spec(413, 1009, false, true),
  config_required: spec(400, 4400),
  config_repeated: spec(409, 4400),
  not_supported: spec(501, 4400),
  // audio
  unsupported_codec: spec(415, 4400),
  invalid_audio_format: spec(400, 4400),
  invalid_audio: spec(422, 4400),
  invalid_base64: spec(400, 4400),
  chunk_out_of_order: spec(409, 4400),
  // sessions
  invalid_session_id: spec(400, 4400),
  session_not_found: spec(404, 4404),
  session_exists: spec(409, 4400),
  session_not_live: spec(409, 4400),
  session_limit: spec(503, 1013, true, true),
  session_time_limit: spec(409, 4400),
  session_superseded: spec(409, 4409, false, true),
  resume_denied: spec(403, 4401, false, true),
  report_not_ready: spec(409, 4400, true),
  // photos
  invalid_image: spec(422, 4400),
  unsupported_image: spec(415, 4400),
  image_too_large: spec(413, 4400),
  frame_not_found: spec(404, 4404),
  vision_failed: spec(502, 4503, true),
  vision_superseded: spec(409, 4400),
  // engines
  engine_unavailable: spec(503, 4503, true),
  engine_crashed: spec(502, 4503, true),
  engine_timeout: spec(504, 4503, true),
  asr_failed: spec(502, 4503, true),
  vad_failed: spec(502, 4503, true),
  diarization_failed: spec(502, 4503, true),
  llm_failed: spec(502, 4503, true),
  tts_failed: spec(502, 4503, true),
  language_not_supported: spec(400, 4400),
  model_not_found: spec(404, 4404),
  model_invalid: spec(422, 4503),
  model_license: spec(403, 4403),
  out_of_memory: spec(503, 4503, true),
  hub_unreachable: spec(502, 4503, true),
  analysis_failed: spec(502, 4503, true),
  // storage
  storage_failed: spec(507, 4507, true, true),
  storage_full: spec(507, 4507, true, true),
  storage_corrupt: spec(500, 4507),
  encryption_key_mismatch: spec(500, 4507),
  encryption_unavailable: spec(500, 4507),
  // access and load
  unauthorized: spec(401, 4401, false, true),
  forbidden: spec(403, 4403, false, true),
  origin_not_allowed: spec(403, 4403, false, true),
  rate_limited: spec(429, 4429, true),
  overloaded: spec(503, 1013, true, true),
  slow_client: spec(408, 4408, true, true),
  // requests
  invalid_request: spec(400, 4400),
  not_found: spec(404, 4404),
  method_not_allowed: spec(405, 4400),
  range_not_satisfiable: spec(416, 4400),
  conflict: spec(409, 4422),
  config_invalid: spec(500, 1011),
  aborted: spec(499, 1001, true),
  internal: spec(500, 1011, true, true),
} as const satisfies Record<string, ErrorSpec>

/** A stable error code. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Options of {@link VigiaError}. */
export interface VigiaErrorOptions {
  /** What the reader should do next. */
  hint?: string
  cause?: unknown
}

/**
 * The one error class of Vigía.
 *
 * `message` states what was expected and what came; it may be shown to the client that made the mistake and
 * holds no spoken words. `hint` says what to do next.
 */
export class VigiaError extends Error {
  override readonly name = 'VigiaError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: VigiaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }

  get spec(): ErrorSpec {
    return ERROR_CODES[this.code]
  }

  /** True for any `VigiaError`, also one of another copy of this module. */
  static is(error: unknown): error is VigiaError {
    return error instanceof Error && error.name === 'VigiaError' && 'code' in error && String(error.code) in ERROR_CODES
  }
}

/** The body every error has on the wire, over the socket (with `type: "error"`) and over HTTP (under `error`). */
export interface ErrorBody {
  code: ErrorCode
  message: string
  hint?: string
  retryable: boolean
}

/** The wire form of an error. What is not a `VigiaError` becomes `internal` and keeps its text to itself. */
export function toErrorBody(error: unknown): ErrorBody {
  if (!VigiaError.is(error)) {
    return {
      code: 'internal',
      message: 'Something failed inside Vigía.',
      hint: 'The server log has the cause under this time.',
      retryable: true,
    }
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.hint ? { hint: error.hint } : {}),
    retryable: ERROR_CODES[error.code].retryable,
  }
}
