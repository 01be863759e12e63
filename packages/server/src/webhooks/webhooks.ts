import { type Observation, type Report, VigiaError } from '@vigia/protocol'
import type { Config } from '../config/schema.ts'
import { JobRunner } from '../session/job-runner.ts'
import type { Clock } from '../std/clock.ts'
import type { Job, Store } from '../store/store.ts'
import {
  alertMessage,
  messageId,
  observationMessage,
  payloadOf,
  reportMessage,
  type ToldDanger,
  type WebhookMessage,
  type WebhookPayload,
} from './messages.ts'
import { signWebhook } from './sign.ts'

/** Tells another server of reports, observations and alerts: signed, durable, tried again, at least once. */

export const WEBHOOK_JOB = 'webhook'
/** Messages about photos: a kind of their own, so that they can be bounded and reports never are. */
export const PHOTO_WEBHOOK_JOB = 'webhook_photo'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** Pauses before the second, third … try: about a day in all. */
const RETRY_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 16 * HOUR_MS]
const PARALLEL = 4

/** Messages about photos that wait for a receiver that does not answer; later ones are left out and reported as failures. */
const MAX_WAITING_PHOTOS = 2000

type Receiver = Config['webhook'] & { url: string; secret: string }

export interface WebhookDeps {
  store: Store
  clock: Clock
  /** Told of each failure: the code and which try it was. Nothing of the content. */
  onFailure?: (sessionId: string, code: string, attempt: number) => void
  retryMs?: readonly number[]
  maxWaitingPhotos?: number
}

export interface Webhooks extends AsyncDisposable {
  /** Resolves when it is durable that the message will be sent. */
  reportReady(sessionId: string, report: Report): Promise<void>
  /**
   * Makes durable that a photo which is about to be stored as settled is told of, and the dangers to announce in it. Never
   * rejects. Photos without a session, and those that a newer one replaced, are not told of.
   */
  photoSettled(observation: Observation, dangers: readonly ToldDanger[]): Promise<void>
  /** Sends what waits, now that what it is about is stored. */
  kick(): void
}

/** Null when no address is configured. */
export function openWebhooks(config: Config['webhook'], deps: WebhookDeps): Webhooks | null {
  const { url, secret } = config
  if (url === undefined || secret === undefined) return null
  const { store, clock, onFailure, retryMs = RETRY_MS, maxWaitingPhotos = MAX_WAITING_PHOTOS } = deps
  const handler = {
    run: (job: Job, signal: AbortSignal) => send({ ...config, url, secret }, store, clock, job, signal),
    giveUp: async () => {},
  }
  const runner = new JobRunner({
    jobs: store.jobs,
    clock,
    handlers: { [WEBHOOK_JOB]: handler, [PHOTO_WEBHOOK_JOB]: handler },
    parallel: PARALLEL,
    maxAttempts: retryMs.length + 1,
    retryMs,
    onError: (job, code) => onFailure?.(job.sessionId, code, job.attempts),
  })
  runner.kick()
  const wanted = { 'report.ready': config.reports, 'observation.ready': config.observations, alert: config.alerts }
  const now = (): string => new Date(clock.wallMs()).toISOString()
  const add = async (kind: string, sessionId: string, payload: WebhookPayload): Promise<void> => {
    if (!wanted[payload.event]) return
    await store.jobs.add(kind, sessionId, { ...payload })
  }
  const addPhoto = async ({ frame_id: frameId }: Observation, sessionId: string, dangers: readonly ToldDanger[]) => {
    if ((await store.jobs.count([PHOTO_WEBHOOK_JOB])) >= maxWaitingPhotos)
      throw new VigiaError('overloaded', `${maxWaitingPhotos} messages wait for the webhook's receiver.`)
    // alerts first: jobs are sent in the order in which they were added
    for (const [no, danger] of dangers.entries())
      await add(PHOTO_WEBHOOK_JOB, sessionId, { event: 'alert', at: now(), frameId, no, danger })
    await add(PHOTO_WEBHOOK_JOB, sessionId, { event: 'observation.ready', at: now(), frameId })
  }
  return {
    async reportReady(sessionId) {
      await add(WEBHOOK_JOB, sessionId, { event: 'report.ready', at: now() })
      runner.kick()
    },
    async photoSettled(observation, dangers) {
      const { session_id: sessionId, status } = observation
      if (sessionId === null || status === 'superseded') return
      try {
        await addPhoto(observation, sessionId, dangers)
      } catch (error) {
        onFailure?.(sessionId, VigiaError.is(error) ? error.code : 'internal', 0)
      }
    },
    kick: () => runner.kick(),
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  }
}

/** @throws VigiaError `engine_unavailable`, which is tried again; a receiver that says 410 wants no more */
async function send(receiver: Receiver, store: Store, clock: Clock, job: Job, signal: AbortSignal): Promise<void> {
  const payload = payloadOf(job)
  const message = await messageOf(receiver, store, job, payload)
  if (!message) return // erased meanwhile: there is nothing to tell
  const body = JSON.stringify(message)
  const headers = signWebhook(receiver.secret, messageId(job, payload), Math.floor(clock.wallMs() / SECOND_MS), body)
  const timeout = AbortSignal.timeout(receiver.timeoutMs)
  try {
    const response = await fetch(receiver.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'vigia', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    await response.body?.cancel()
    if (response.ok || response.status === 410) return
    throw new VigiaError('engine_unavailable', `The webhook's receiver answered ${response.status}.`)
  } catch (error) {
    signal.throwIfAborted()
    if (VigiaError.is(error)) throw error
    throw new VigiaError('engine_unavailable', "The webhook's receiver cannot be reached.", { cause: error })
  }
}

/** The message as things are now; null when what it is about was erased. */
async function messageOf(
  { includeReport, includeObservation }: Receiver,
  store: Store,
  { sessionId }: Job,
  payload: WebhookPayload,
): Promise<WebhookMessage | null> {
  if (payload.event === 'report.ready') {
    const report = await store.reports.get(sessionId)
    return report && reportMessage(sessionId, payload.at, report, includeReport)
  }
  const seen = (await store.frames.get(payload.frameId))?.observation
  if (!seen) return null
  if (payload.event === 'alert') return alertMessage(sessionId, payload, includeObservation)
  // The job is durable before the observation is: it may be claimed in between, or have survived the server that was to store it.
  if (seen.status === 'pending') throw new VigiaError('engine_unavailable', 'The photo is not described yet.')
  return observationMessage(sessionId, payload.at, seen, includeObservation)
}
