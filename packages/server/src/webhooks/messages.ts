import type { Danger, Observation, Report } from '@vigia/protocol'
import type { Job } from '../store/store.ts'

/** What is told of, as jobs of the store and as messages on the wire. Pure. */

/** The kinds of message. */
export type WebhookEvent = 'report.ready' | 'observation.ready' | 'alert'

/** A danger that was announced, as the receiver is told of it. */
export type ToldDanger = Pick<Danger, 'what' | 'why' | 'where' | 'severity'>

/** What a job keeps until it is sent. `at` is when it happened, ISO 8601. */
export type WebhookPayload =
  | { event: 'report.ready'; at: string }
  | { event: 'observation.ready'; at: string; frameId: string }
  | { event: 'alert'; at: string; frameId: string; no: number; danger: ToldDanger }

export interface WebhookMessage {
  type: WebhookEvent
  timestamp: string
  data: Record<string, unknown>
}

/** A job without an event is of an older server, which knew reports only. */
export function payloadOf(job: Job): WebhookPayload {
  return { event: 'report.ready', ...job.payload } as WebhookPayload
}

/** The same for each try, and for a photo that was described once more behind a crash: receivers know it again. */
export function messageId({ sessionId, id }: Job, payload: WebhookPayload): string {
  switch (payload.event) {
    case 'report.ready':
      return `report.ready.${sessionId}.${id}`
    case 'observation.ready':
      return `observation.ready.${payload.frameId}`
    case 'alert':
      return `alert.${payload.frameId}.${payload.no}`
  }
}

export function reportMessage(sessionId: string, at: string, report: Report, withReport: boolean): WebhookMessage {
  return {
    type: 'report.ready',
    timestamp: at,
    data: {
      session_id: sessionId,
      report_url: `/sessions/${encodeURIComponent(sessionId)}/report`,
      revision: report.analysis.revision,
      method: report.analysis.method,
      action_items: report.action_items.length,
      findings: report.findings.length,
      ...(withReport ? { report } : {}),
    },
  }
}

export function observationMessage(sessionId: string, at: string, seen: Observation, withObservation: boolean): WebhookMessage {
  return {
    type: 'observation.ready',
    timestamp: at,
    data: {
      session_id: sessionId,
      frame_id: seen.frame_id,
      observation_url: observationUrl(seen.frame_id),
      status: seen.status,
      captured_at: seen.captured_at,
      method: seen.engine.method,
      dangers: seen.dangers.length,
      ...(withObservation ? { observation: seen } : {}),
    },
  }
}

export function alertMessage(
  sessionId: string,
  { at, frameId, danger }: Extract<WebhookPayload, { event: 'alert' }>,
  withDanger: boolean,
): WebhookMessage {
  const { severity, ...content } = danger
  return {
    type: 'alert',
    timestamp: at,
    data: {
      session_id: sessionId,
      frame_id: frameId,
      observation_url: observationUrl(frameId),
      severity,
      ...(withDanger ? content : {}),
    },
  }
}

const observationUrl = (frameId: string): string => `/vision/frames/${encodeURIComponent(frameId)}`
