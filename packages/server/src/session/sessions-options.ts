import type { Consent, Limits, Tier } from '@vigia/protocol'
import type { Asr } from '../engines/asr.ts'
import type { VoiceTeller } from '../engines/speakers/enrolment.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import type { Clock } from '../std/clock.ts'
import type { SessionRecord, Store } from '../store/store.ts'
import type { Admission } from './admission.ts'
import type { AssistantEngines } from './answering/assistant-options.ts'
import type { AssistantDeps } from './answering/open-assistant.ts'
import type { EndpointingOptions } from './endpointing.ts'
import type { FinalEngines, FinalizerDeps } from './finalizer.ts'
import type { SessionEvent } from './service.ts'

/** What the sessions of a server are opened with. */

export interface SessionEngines extends FinalEngines, AssistantEngines {
  liveAsr: Asr
}

export interface SessionsOptions {
  store: Store
  clock: Clock
  /** Asked at each use: an engine that becomes available serves the next session. */
  engines: () => SessionEngines
  makeDecoder: (format: SessionRecord['format']) => Promise<AudioDecoder>
  analyze: FinalizerDeps['analyze']
  modelRetryMs?: FinalizerDeps['modelRetryMs']
  onReport?: FinalizerDeps['onReport']
  nameVoices?: FinalizerDeps['nameVoices']
  /** Mode `assistant`: tells an owner's enrolled voices from strangers; null where nobody is enrolled. */
  tellVoices?: (owner: string | null) => Promise<VoiceTeller | null>
  endpointing: EndpointingOptions
  limits: Limits
  maxSessions: number
  /** State of sessions whose client says nothing about consent. */
  consent?: Consent
  /** A session is finished when it has lasted this long. */
  maxMs?: number
  /** How many may be heard live; without it as many as there may be. */
  admission?: Admission
  /** Audio of all sessions that may wait for the disk; above it no new ones. */
  maxPendingBytes?: number
  graceMs: number
  timeZone: string
  /** Recordings finished in the background, transcripts that somebody waits for, and spans of one recording, at the same time. */
  parallel: { jobs: number; interactive?: number; spans: number }
  /** Mode `assistant`: what it has beside the engines. */
  assistant?: Partial<Omit<AssistantDeps, 'store' | 'clock' | 'engines' | 'timeZone'>>
  onJobError?: (sessionId: string, code: string) => void
  /** Told of each event of each session: for traces. */
  onEvent?: (sessionId: string, event: SessionEvent) => void
  /** For the metrics: what a new session got. */
  onAdmission?: (result: Tier | 'session_limit') => void
  /** For the metrics: `ok`, or the code of the error. */
  onResume?: (result: string) => void
}
