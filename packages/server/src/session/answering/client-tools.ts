import type { AssistantEvent, ClientTool } from '../assistant.ts'
import type { AssistantTool } from './tools.ts'

/** Tools that the client runs: a call goes out as `tool_call`, its answer comes back later, or never. */
export class ClientTools {
  readonly #emit: (event: AssistantEvent) => void
  readonly #replyId: () => number | undefined
  readonly #calls = new Map<string, (result: string) => void>()

  /** @param replyId - the answer that calls; undefined when there is none */
  constructor(emit: (event: AssistantEvent) => void, replyId: () => number | undefined) {
    this.#emit = emit
    this.#replyId = replyId
  }

  of(tools: readonly ClientTool[]): AssistantTool[] {
    return tools.map(({ name, description, parameters, effect }) => ({
      name,
      description,
      parameters,
      effect: effect === 'read' ? 'read' : 'mutating',
      run: (args, { callId, signal }) => this.#call(name, args, callId, signal),
    }))
  }

  /** The client's answer; false when nobody waits for it. */
  settle(callId: string, result: string): boolean {
    const settle = this.#calls.get(callId)
    this.#calls.delete(callId)
    settle?.(result)
    return settle !== undefined
  }

  /** Tells the client of those calls that are its own. */
  cancel(callIds: readonly string[]): void {
    const waiting = callIds.filter((id) => this.#calls.delete(id))
    if (waiting.length > 0) this.#emit({ type: 'tool_cancel', callIds: waiting })
  }

  #call(name: string, args: Record<string, unknown>, callId: string, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const replyId = this.#replyId()
      if (replyId === undefined) {
        reject(signal.reason)
        return
      }
      this.#calls.set(callId, resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      this.#emit({ type: 'tool_call', replyId, callId, name, arguments: args })
    })
  }
}
