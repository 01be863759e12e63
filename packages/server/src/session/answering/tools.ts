import { VigiaError } from '@vigia/protocol'
import type { LlmTool, LlmToolCall } from '../../engines/llm.ts'

/**
 * Tools of the assistant. A tool that reads may be aborted and repeated. One that changes something waits until the turn is surely
 * over, tells its commit point, and behind it goes on whatever is said: its real outcome is told later.
 */

export interface ToolContext {
  signal: AbortSignal
  /** Called right before something changes for good. */
  commit(): void
  callId: string
}

export interface AssistantTool extends LlmTool {
  effect: 'read' | 'mutating'
  /** The answer as text for the model. */
  run(args: Record<string, unknown>, context: ToolContext): Promise<string>
}

export interface ToolEvents {
  started(callId: string, effect: 'read' | 'mutating'): void
  committed(callId: string): void
  finished(callId: string): void
  /** A tool whose answer was interrupted has come to its end. */
  lateResult(name: string, result: string): void
}

interface Running {
  tool: AssistantTool
  abort: AbortController
  detached: boolean
}

const MAX_RESULT_CHARS = 8000

export class ToolRunner {
  readonly #tools: () => readonly AssistantTool[]
  readonly #events: ToolEvents
  readonly #running = new Map<string, Running>()

  constructor(tools: () => readonly AssistantTool[], events: ToolEvents) {
    this.#tools = tools
    this.#events = events
  }

  /** What the model is told of them. */
  get specs(): LlmTool[] {
    return this.#tools().map(({ name, description, parameters }) => ({ name, description, parameters }))
  }

  /**
   * Runs one call. Failures come back as text, so that the model can say them; only an abort throws.
   *
   * @param sealed - resolves when the turn can no longer go on: what changes something waits for it
   */
  async run(call: LlmToolCall, signal: AbortSignal, sealed: Promise<void>): Promise<string> {
    const tool = this.#tools().find(({ name }) => name === call.name)
    if (!tool) return `error: there is no tool "${call.name}"`
    const args = parseArguments(call.arguments)
    if (!args) return 'error: the arguments are not a JSON object'
    const running: Running = { tool, abort: new AbortController(), detached: false }
    this.#running.set(call.id, running)
    this.#events.started(call.id, tool.effect)
    const work = this.#work(call.id, running, args, sealed)
    return untilAborted(work, signal)
  }

  async #work(callId: string, running: Running, args: Record<string, unknown>, sealed: Promise<void>): Promise<string> {
    const { tool, abort } = running
    try {
      if (tool.effect === 'mutating') await untilAborted(sealed, abort.signal)
      const context = { signal: abort.signal, callId, commit: () => this.#commit(callId, abort.signal) }
      const result = (await tool.run(args, context)).slice(0, MAX_RESULT_CHARS)
      if (running.detached) this.#events.lateResult(tool.name, result)
      return result
    } catch (error) {
      const text = `error: ${VigiaError.is(error) ? error.message : 'the tool failed'}`
      if (running.detached) this.#events.lateResult(tool.name, text)
      return text
    } finally {
      this.#running.delete(callId)
      this.#events.finished(callId)
    }
  }

  #commit(callId: string, signal: AbortSignal): void {
    signal.throwIfAborted()
    this.#events.committed(callId)
  }

  cancel(callIds: readonly string[]): void {
    for (const id of callIds) this.#running.get(id)?.abort.abort(new VigiaError('aborted', 'the tool was cancelled'))
  }

  detach(callIds: readonly string[]): void {
    for (const id of callIds) {
      const running = this.#running.get(id)
      if (running) running.detached = true
    }
  }

  close(): void {
    this.cancel([...this.#running.keys()])
  }
}

function parseArguments(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** The promise's result, or the signal's reason as soon as it is aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {})
      reject(signal.reason)
      return
    }
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
