import type { LiveSession } from '../../../session/service.ts'
import type { Asker } from '../../compat/ask.ts'
import type { Caller, CompatDeps } from '../../compat/deps.ts'
import type { FieldLog } from '../../compat/field-log.ts'
import type { Json } from '../../compat/read.ts'
import type { Wire } from '../../compat/wire.ts'
import type { Items } from './items.ts'
import type { SessionType } from './session-parts.ts'

/** What the parts of one connection share. */

export interface RealtimeOptions {
  wire: Wire
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  caller: Caller
  type: SessionType
  model: string
  /** What a client secret fixed beforehand. */
  initial: Json | null
}

export interface RealtimeContext {
  readonly options: RealtimeOptions
  readonly items: Items
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
  /** The session object as the client sees it. */
  readonly settings: Json
  /** The session of ours, once it was needed. */
  readonly session: LiveSession | null
  open(): Promise<LiveSession>
  /** Gives the session audio; resolves when more may come. */
  audio(bytes: Uint8Array): Promise<void>
  send(events: readonly Json[]): void
}

/** A request that does not fit the moment. */
export class ConflictError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
