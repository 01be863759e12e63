import { type Report, VigiaError } from '@vigia/protocol'
import type { Config } from '../config/schema.ts'
import { JobRunner } from '../session/job-runner.ts'
import type { Clock } from '../std/clock.ts'
import type { Job, Store } from '../store/store.ts'
import { signWebhook } from './sign.ts'

/** Tells another server of each report that is ready: signed, durable, tried again, at least once. */

export const WEBHOOK_JOB = 'webhook'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** Pauses before the second, third … try: about a day in all. */
const RETRY_MS = [5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 16 * HOUR_MS]
const PARALLEL = 4

export interface WebhookDeps {
  store: Store
  clock: Clock
  /** Told of each failure: the code and which try it was. Nothing of the report. */
  onFailure?: (sessionId: string, code: string, attempt: number) => void
  retryMs?: readonly number[]
}

export interface Webhooks extends AsyncDisposable {
  /** Resolves when it is durable that the message will be sent. */
  reportReady(sessionId: string, report: Report): Promise<void>
}

/** Null when no address is configured. */
export function openWebhooks(config: Config['webhook'], deps: WebhookDeps): Webhooks | null {
  const { url, secret } = config
  if (url === undefined || secret === undefined) return null
  const { store, clock, onFailure, retryMs = RETRY_MS } = deps
  const runner = new JobRunner({
    jobs: store.jobs,
    clock,
    handlers: {
      [WEBHOOK_JOB]: {
        run: (job, signal) => send({ ...config, url, secret }, store, clock, job, signal),
        giveUp: async () => {},
      },
    },
    parallel: PARALLEL,
    maxAttempts: retryMs.length + 1,
    retryMs,
    onError: (job, code) => onFailure?.(job.sessionId, code, job.attempts),
  })
  runner.kick()
  return {
    async reportReady(sessionId, report) {
      await store.jobs.add(WEBHOOK_JOB, sessionId, {
        revision: report.analysis.revision,
        at: new Date(clock.wallMs()).toISOString(),
      })
      runner.kick()
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  }
}

/** @throws VigiaError `engine_unavailable`, which is tried again; a receiver that says 410 wants no more */
async function send(
  { url, secret, includeReport, timeoutMs }: Config['webhook'] & { url: string; secret: string },
  store: Store,
  clock: Clock,
  job: Job,
  signal: AbortSignal,
): Promise<void> {
  const report = await store.reports.get(job.sessionId)
  if (!report) return // erased meanwhile: there is nothing to tell
  const body = JSON.stringify(toMessage(job, report, includeReport))
  const headers = signWebhook(secret, `report.ready.${job.sessionId}.${job.id}`, Math.floor(clock.wallMs() / SECOND_MS), body)
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
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

function toMessage(job: Job, report: Report, includeReport: boolean): Record<string, unknown> {
  return {
    type: 'report.ready',
    timestamp: job.payload.at,
    data: {
      session_id: job.sessionId,
      report_url: `/sessions/${encodeURIComponent(job.sessionId)}/report`,
      revision: report.analysis.revision,
      method: report.analysis.method,
      action_items: report.action_items.length,
      findings: report.findings.length,
      ...(includeReport ? { report } : {}),
    },
  }
}
