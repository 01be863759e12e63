import { type Diagnosis, type SessionState, type SystemStatus, VigiaError } from '@vigia/protocol'
import type { Access } from '../../access/access.ts'
import type { Config } from '../../config/schema.ts'
import type { Llm } from '../../engines/llm.ts'
import type { Tts } from '../../engines/tts.ts'
import type { Metrics } from '../../metrics.ts'
import type { ModelPulls } from '../../models/pulls.ts'
import type { KnownVoices } from '../../session/known-voices.ts'
import type { SessionService } from '../../session/service.ts'
import type { Clock } from '../../std/clock.ts'
import type { SessionRecord, Store } from '../../store/store.ts'

/** What the HTTP routes need. */
export interface HttpDeps {
  /** Of the server, shown in the descriptions. */
  version: string
  store: Store
  sessions: SessionService
  metrics: Metrics
  access: Access
  clock: Clock
  limits: Config['limits']
  /** True once the server is stopping: `/readyz` says no. */
  isDraining: () => boolean
  /** The catalogue, and models being fetched. */
  models: ModelPulls
  /** What `/system` tells. */
  system: () => Promise<SystemStatus>
  /** What `/system/doctor` tells. */
  diagnose: () => Promise<Diagnosis>
  /** Answers questions over sessions; null when there is none. */
  llm?: () => Llm | null
  /** The voice in use; null when there is none. */
  tts?: () => Pick<Tts, 'id' | 'model' | 'voices'> | null
  /** Voices that people agreed to have known. */
  knownVoices?: KnownVoices
}

/** @throws VigiaError `session_not_found` */
export async function requireSession(store: Store, id: string): Promise<SessionRecord> {
  const session = await store.sessions.get(id)
  if (session) return session
  throw new VigiaError('session_not_found', `Expected the id of a stored session, got ${JSON.stringify(id.slice(0, 130))}.`, {
    hint: 'GET /sessions lists them.',
  })
}

/** States in which a client may still add audio. */
export const isOpen = (state: SessionState): boolean => state === 'live' || state === 'detached'
