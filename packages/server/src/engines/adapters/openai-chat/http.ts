import { toErrorBody, VigiaError } from '@vigia/protocol'
import { systemClock } from '../../../std/clock.ts'
import { sleep } from '../../../std/sleep.ts'
import type { ChatConfig } from './settings.ts'

/** One request to a chat server: retries, deadlines, errors in our words. */

/** Longest pause that a server may ask for before another try, ms. */
const MAX_RETRY_AFTER_MS = 20_000
const MAX_ERROR_CHARS = 4000

/** An answer that says the request itself is wrong: another body may do. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

export interface Posted {
  body: AsyncIterable<Uint8Array>
  type: string
}

/**
 * Sends a request and waits for the head of the answer; what is safe to repeat is repeated.
 *
 * @throws BadRequest for 400, 404 and 422; VigiaError `rate_limited`, `llm_failed`, `engine_unavailable`, `engine_timeout`; the signal's reason
 */
export async function post(config: ChatConfig, path: string, body: unknown, signal: AbortSignal): Promise<Posted> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await once(config, path, body, signal)
    } catch (error) {
      signal.throwIfAborted()
      const isLast = attempt >= config.maxRetries
      const { code, retryAfterMs } = error as { code?: string; retryAfterMs?: number }
      const isPassing = code === 'rate_limited' || code === 'engine_unavailable'
      if (isLast || !isPassing || (retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) throw error
      await sleep(systemClock, retryAfterMs ?? 500 * 2 ** attempt, signal)
    }
  }
}

async function once(config: ChatConfig, path: string, body: unknown, signal: AbortSignal): Promise<Posted> {
  const silence = silenceGuard(config.timeoutMs)
  const stop = AbortSignal.any([signal, silence.signal])
  try {
    const response = await fetch(`${config.baseUrl}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(config.apiKey ? { authorization: `Bearer ${config.apiKey}` } : {}),
        ...config.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: stop,
      redirect: 'error',
    })
    silence.heard()
    if (!response.ok) throw await failureOf(response)
    return { body: guarded(response.body, silence, signal), type: response.headers.get('content-type') ?? '' }
  } catch (error) {
    silence.stop()
    throw translate(error, silence.signal, signal)
  }
}

async function* guarded(
  body: ReadableStream<Uint8Array> | null,
  silence: SilenceGuard,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of body ?? []) {
      silence.heard()
      yield bytes
    }
  } catch (error) {
    throw translate(error, silence.signal, signal)
  } finally {
    silence.stop()
  }
}

interface SilenceGuard {
  signal: AbortSignal
  heard(): void
  stop(): void
}

function silenceGuard(ms: number): SilenceGuard {
  const abort = new AbortController()
  const timer = setTimeout(
    () => abort.abort(new VigiaError('engine_timeout', `The language model service said nothing for ${ms} ms.`)),
    ms,
  )
  return { signal: abort.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}

function translate(error: unknown, silence: AbortSignal, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (silence.aborted) return silence.reason
  if (VigiaError.is(error) || error instanceof BadRequest) return error
  return new VigiaError('engine_unavailable', 'The language model service cannot be reached, or cut the connection.', {
    hint: 'See that it runs and that engines.llm.baseUrl is right.',
    cause: error,
  })
}

async function failureOf(response: Response): Promise<Error> {
  const text = (await response.text().catch(() => '')).slice(0, MAX_ERROR_CHARS)
  const { status } = response
  if (status === 400 || status === 404 || status === 422) return new BadRequest(messageOf(text))
  if (status === 401 || status === 403)
    return new VigiaError('llm_failed', 'The language model service refused the key.', { hint: 'Set engines.llm.apiKey.' })
  if (status === 429) {
    const error = new VigiaError('rate_limited', 'The language model service asks for a pause.')
    const seconds = Number(response.headers.get('retry-after'))
    return Object.assign(error, Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {})
  }
  if (status >= 500) return new VigiaError('engine_unavailable', `The language model service answered ${status}.`)
  return new VigiaError('llm_failed', `The language model service answered ${status}.`)
}

/** The message of an error body, in whichever of the usual places it is. */
function messageOf(text: string): string {
  try {
    const body = JSON.parse(text) as { error?: { message?: string; param?: string } | string; message?: string; detail?: unknown }
    const error = body.error
    const message = typeof error === 'string' ? error : (error?.message ?? body.message ?? JSON.stringify(body.detail ?? body))
    const param = typeof error === 'object' ? error?.param : undefined
    return param && !message.includes(param) ? `${param}: ${message}` : message
  } catch {
    return text
  }
}

/** A request that is wrong in a way we cannot mend, in our words; the server's text may hold what was said and stays out. */
export function asRefusal(error: BadRequest): VigiaError {
  if (/context|too long|maximum|token/iu.test(error.message))
    return new VigiaError('llm_failed', 'The prompt is longer than the service takes.', {
      hint: 'Set engines.llm.contextTokens to what the server has.',
      cause: error,
    })
  const isModel = /model/iu.test(error.message) && /not (?:found|exist)|unknown/iu.test(error.message)
  return new VigiaError('llm_failed', isModel ? 'The service does not have that model.' : 'The service refused the request.', {
    hint: 'See engines.llm.model and docs/llm.md.',
    cause: error,
  })
}

/** JSON of a GET, or null when the server has none. */
export async function getJson<T>(config: ChatConfig, path: string, signal: AbortSignal): Promise<T | null> {
  try {
    const { body } = await post({ ...config, maxRetries: 0 }, path, undefined, signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString()) as T
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof BadRequest || error instanceof SyntaxError) return null
    const { code } = toErrorBody(error)
    if (code === 'llm_failed') return null
    throw error
  }
}
