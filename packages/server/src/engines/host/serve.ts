import { VigiaError } from '@vigia/protocol'
import type { CallTypes, FromChild, ToChild } from './rpc.ts'

/** The child's side of the engine host: answers calls until told to stop or until the gateway is gone. */

export interface CallContext<Part> {
  /** Aborted when the caller gave up. */
  signal: AbortSignal
  /** Streams a piece of the answer ahead of the result. */
  part(value: Part): void
}

/** One function per method. What it throws as `VigiaError` arrives as such, anything else as `internal`. */
export type Handlers<C extends CallTypes> = {
  // A table declared as an interface carries the index signature of CallTypes along; only its named methods count.
  [M in keyof C as string extends M ? never : M]: (
    params: C[M]['params'],
    context: CallContext<C[M]['part']>,
  ) => Promise<C[M]['result']> | C[M]['result']
}

/**
 * Serves calls over the IPC channel of this process. Ends the process when the gateway says `stop`, and when the
 * channel closes because the gateway died.
 *
 * @param dispose - frees what the engine holds, at an orderly stop
 */
export function serveEngine<C extends CallTypes>(handlers: Handlers<C>, dispose: () => Promise<void> | void = () => {}): void {
  const table = handlers as Readonly<Record<string, (params: unknown, context: CallContext<unknown>) => unknown>>
  const running = new Map<number, AbortController>()
  const send = (message: FromChild): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  }

  const answer = async (id: number, method: string, params: unknown): Promise<void> => {
    const abort = new AbortController()
    running.set(id, abort)
    try {
      const handler = Object.hasOwn(table, method) ? table[method] : undefined
      if (!handler) throw new VigiaError('internal', `The engine has no method "${method}".`)
      const context = { signal: abort.signal, part: (value: unknown) => send({ type: 'part', id, value }) }
      send({ type: 'result', id, value: await handler(params, context) })
    } catch (error) {
      send(toWire(id, error))
    } finally {
      running.delete(id)
    }
  }

  const stop = async (): Promise<void> => {
    for (const abort of running.values()) abort.abort()
    await dispose()
    process.exit(0)
  }

  process.on('message', (message: ToChild) => {
    if (message.type === 'call') void answer(message.id, message.method, message.params)
    else if (message.type === 'cancel') running.get(message.id)?.abort()
    else if (message.type === 'stop') stop().catch(() => process.exit(1))
  })
  process.on('disconnect', () => process.exit(0))
  // A terminal's Ctrl+C goes to the whole process group; the gateway decides when an engine stops.
  process.on('SIGINT', () => {})
  send({ type: 'ready' })
}

function toWire(id: number, error: unknown): FromChild {
  if (VigiaError.is(error))
    return { type: 'error', id, code: error.code, message: error.message, ...(error.hint ? { hint: error.hint } : {}) }
  const text = error instanceof Error ? error.message : String(error)
  return { type: 'error', id, code: 'internal', message: text.slice(0, 500) }
}
