import type { ErrorCode } from '@vigia/protocol'

/** What gateway and engine process say to each other, over Node's IPC channel with advanced serialization. */

/** The calls a child answers: method → its types. `part` is what it streams before the result. */
export interface CallTypes {
  [method: string]: { params: unknown; result: unknown; part?: unknown }
}

/** Gateway → child. */
export type ToChild =
  | { type: 'call'; id: number; method: string; params: unknown }
  | { type: 'cancel'; id: number }
  | { type: 'stop' }

/** Child → gateway. */
export type FromChild =
  | { type: 'ready' }
  | { type: 'part'; id: number; value: unknown }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'error'; id: number; code: ErrorCode; message: string; hint?: string }

/** True for a well-formed message of a child; a library in the child may write to the channel too. */
export function isFromChild(message: unknown): message is FromChild {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false
  if (message.type === 'ready') return true
  return (
    (message.type === 'part' || message.type === 'result' || message.type === 'error') &&
    'id' in message &&
    typeof message.id === 'number'
  )
}
