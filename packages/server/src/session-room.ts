import { availableParallelism } from 'node:os'
import type { ErrorCode, Limits } from '@vigia/protocol'
import { analyze } from './analysis/pipeline.ts'
import { assistantOf } from './assistant-room.ts'
import type { Config } from './config/schema.ts'
import type { Engines } from './engines/catalog.ts'
import type { Logger } from './log.ts'
import { createDecoder } from './media/decoder.ts'
import { Admission } from './session/admission.ts'
import type { AssistantTool } from './session/answering/tools.ts'
import type { TurnTrace } from './session/assistant.ts'
import { DEFAULT_ENDPOINTING, type EndpointingOptions } from './session/endpointing.ts'
import type { SessionService } from './session/service.ts'
import { openSessions } from './session/sessions.ts'
import type { SessionsOptions } from './session/sessions-options.ts'
import type { Clock } from './std/clock.ts'
import type { SessionRecord, Store } from './store/store.ts'
import type { Webhooks } from './webhooks/webhooks.ts'

/** Composition of the sessions: what they hear and are analysed with, and the limits of the configuration. */

export interface SessionRoomDeps {
  store: Store
  engines: () => Engines
  clock: Clock
  nameVoices: (session: SessionRecord, signal: AbortSignal) => Promise<Record<string, string>>
  tellVoices: NonNullable<SessionsOptions['tellVoices']>
  webhooks: Webhooks | null
  log: Logger
  onJobError: (code: ErrorCode) => void
  onTrace: (trace: TurnTrace) => void
  onAdmission: NonNullable<SessionsOptions['onAdmission']>
  onResume: NonNullable<SessionsOptions['onResume']>
  onEvent: NonNullable<SessionsOptions['onEvent']>
  mcpTools: readonly AssistantTool[]
}

export function openSessionRoom(
  config: Config,
  {
    store,
    engines,
    clock,
    log,
    webhooks,
    nameVoices,
    tellVoices,
    onJobError,
    onTrace,
    onAdmission,
    onResume,
    onEvent,
    mcpTools,
  }: SessionRoomDeps,
): Promise<SessionService> {
  return openSessions({
    store,
    clock,
    engines,
    makeDecoder: (format) => createDecoder(format as Parameters<typeof createDecoder>[0]),
    analyze: (input, signal, onProgress, model) =>
      analyze(input, { signal, onProgress, ...model, deadlineMs: config.analysis.deadlineMs }),
    modelRetryMs: config.analysis.modelRetryMs,
    nameVoices,
    tellVoices,
    onReport: async (sessionId, report) => webhooks?.reportReady(sessionId, report),
    endpointing: endpointingOf(config),
    limits: limitsOf(config),
    maxSessions: config.limits.maxSessions,
    consent: config.privacy.consent,
    maxMs: config.session.maxMs,
    maxPendingBytes: config.overload.maxPendingBytes,
    admission: new Admission({
      units: availableParallelism(),
      fixed: config.overload.maxListening,
      max: config.limits.maxSessions,
    }),
    graceMs: config.session.graceMs,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    assistant: { ...assistantOf(config, mcpTools), onTrace },
    onAdmission,
    onResume,
    onEvent,
    parallel: { jobs: 1, spans: Math.max(2, Math.min(4, availableParallelism())) },
    onJobError: (sessionId, code) => {
      log.warn({ sessionId, code }, 'finishing a session failed')
      onJobError(code as ErrorCode)
    },
  })
}

function limitsOf(config: Config): Limits {
  return {
    max_message_bytes: config.limits.maxMessageBytes,
    max_image_bytes: config.limits.maxImageBytes,
    max_session_s: config.session.maxMs / 1000,
    max_inflight_bytes: config.session.maxInflightBytes,
    grace_s: config.session.graceMs / 1000,
    idle_s: config.session.idleMs / 1000,
  }
}

function endpointingOf(config: Config): EndpointingOptions {
  return { ...DEFAULT_ENDPOINTING, ...config.vad, ...config.endpointing }
}
