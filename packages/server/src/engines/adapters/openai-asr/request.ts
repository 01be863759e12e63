import { VigiaError } from '@vigia/protocol'
import { backoffMs } from '../../../std/backoff.ts'
import { systemClock } from '../../../std/clock.ts'
import { sleep } from '../../../std/sleep.ts'

/** One request to a speech service: deadline, retries of what may pass, errors in our words without their content. */

export interface SpeechRequest {
  url: URL
  headers: Record<string, string>
  /** Made anew for each try. */
  body: () => BodyInit
  /** Name of the service for messages. */
  service: string
  timeoutMs: number
  maxRetries: number
  /** First wait, ms; tests shorten it. */
  retryBaseMs?: number
}

/** The request itself is wrong for this server: another form may do. */
export class Unsupported extends Error {
  readonly status: number
  constructor(status: number) {
    super(`refused with ${status}`)
    this.status = status
  }
}

/** Longest pause that a service may ask for, ms. */
const MAX_WAIT_MS = 20_000
/** An answer is text with times; more is none. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * @returns the answer's text
 * @throws Unsupported for 400, 404, 415 and 422; VigiaError `rate_limited`, `engine_timeout`, `engine_unavailable`, `asr_failed`; the signal's reason
 */
export async function requestSpeech(request: SpeechRequest, signal: AbortSignal): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(request, signal)
    } catch (error) {
      signal.throwIfAborted()
      const waitMs =
        error instanceof Passing
          ? (error.afterMs ?? backoffMs(attempt, { baseMs: request.retryBaseMs ?? 500, maxMs: 8000 }))
          : null
      if (waitMs === null || attempt >= request.maxRetries || waitMs > MAX_WAIT_MS)
        throw error instanceof Passing ? error.reason : error
      await sleep(systemClock, waitMs, signal)
    }
  }
}

/** A failure that another try may not meet. */
class Passing extends Error {
  readonly reason: VigiaError
  readonly afterMs: number | null
  constructor(reason: VigiaError, afterMs: number | null = null) {
    super(reason.message)
    this.reason = reason
    this.afterMs = afterMs
  }
}

async function once({ url, headers, body, service, timeoutMs }: SpeechRequest, signal: AbortSignal): Promise<string> {
  const late = AbortSignal.timeout(timeoutMs)
  try {
    const both = AbortSignal.any([signal, late])
    const response = await fetch(url, { method: 'POST', headers, body: body(), signal: both, redirect: 'error' })
    if (!response.ok) throw await failure(response, service)
    return await readText(response, service)
  } catch (error) {
    if (error instanceof Passing || error instanceof Unsupported || VigiaError.is(error) || signal.aborted) throw error
    if (late.aborted)
      throw new VigiaError('engine_timeout', `${service} did not answer within ${timeoutMs} ms.`, {
        hint: 'It may be loading its model, or be overloaded; raise "timeoutMs" if that is normal.',
      })
    throw new Passing(
      new VigiaError('engine_unavailable', `${service} could not be reached at ${url.host}.`, {
        hint: 'Is it running?',
        cause: error,
      }),
    )
  }
}

async function readText(response: Response, service: string): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body!) {
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) throw new VigiaError('asr_failed', `${service} answered more than ${MAX_ANSWER_BYTES} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function failure(response: Response, service: string): Promise<Error> {
  await response.body?.cancel()
  const { status, headers } = response
  if ([400, 404, 415, 422].includes(status)) return new Unsupported(status)
  if (status === 401 || status === 403)
    return new VigiaError('engine_unavailable', `${service} refused the key (${status}).`, {
      hint: 'Set its key; see docs/faster-whisper-speaches.md.',
    })
  if (status === 413)
    return new VigiaError('asr_failed', `${service} refused the audio as too large (413).`, { hint: 'Lower "maxUtteranceMs".' })
  const after = headers.get('retry-after')
  const afterMs = after && /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : null
  if (status === 429)
    return new Passing(
      new VigiaError('rate_limited', `${service} limits the rate of requests (429).`, { hint: 'Try again later.' }),
      afterMs,
    )
  return new Passing(
    new VigiaError('engine_unavailable', `${service} failed (${status}).`, { hint: 'Try again later.' }),
    afterMs,
  )
}
