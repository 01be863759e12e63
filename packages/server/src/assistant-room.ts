import type { Config } from './config/schema.ts'
import type { McpTool } from './engines/adapters/mcp/mcp.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { httpTool } from './session/answering/http-tool.ts'
import type { AssistantTool } from './session/answering/tools.ts'
import { ownShare } from './session/answering/trace.ts'
import type { TurnTrace } from './session/assistant.ts'
import type { SessionsOptions } from './session/sessions-options.ts'

/** Composition of the assistants: their settings, their tools, and what is measured of their answers. */

/** What every assistant of this server has. */
export function assistantOf(
  { assistant }: Config,
  mcpTools: readonly AssistantTool[],
): NonNullable<SessionsOptions['assistant']> {
  const { minDelayMs, maxDelayMs, reopenMs, stallMs, frameWaitMs } = assistant
  const tools = Object.entries(assistant.tools).flatMap(([name, tool]) =>
    tool.kind === 'http' ? [httpTool({ ...tool, name })] : [],
  )
  return { turn: { minDelayMs, maxDelayMs, reopenMs }, stallMs, frameWaitMs, tools: [...tools, ...mcpTools] }
}

/** Tools of MCP servers; a server that cannot be reached is left out and logged. */
export async function openMcpTools(stack: AsyncDisposableStack, { assistant }: Config, log: Logger): Promise<AssistantTool[]> {
  const tools: AssistantTool[] = []
  for (const [name, server] of Object.entries(assistant.tools)) {
    if (server.kind !== 'mcp') continue
    try {
      const { openMcp } = await import('./engines/adapters/mcp/mcp.ts')
      const connection = stack.use(await openMcp({ ...server, name }))
      tools.push(...connection.tools.map(({ call, ...tool }) => ({ ...tool, run: mcpRun(tool.effect, call) })))
    } catch (error) {
      log.warn({ err: error, tool: name }, 'an MCP server cannot be used')
    }
  }
  return tools
}

/** Behind its commit point a call that changes something is not aborted any more. */
function mcpRun(effect: 'read' | 'mutating', call: McpTool['call']): AssistantTool['run'] {
  return (args, { signal, commit }) => {
    commit()
    return call(args, effect === 'read' ? signal : new AbortController().signal)
  }
}

/** A spoken answer's times in the metrics. */
export function turnObserver({ turnSeconds }: Metrics): (trace: TurnTrace) => void {
  return (trace) => {
    for (const [part, ms] of Object.entries(trace.parts)) if (ms !== null) turnSeconds.observe({ part }, ms / 1000)
    turnSeconds.observe({ part: 'total' }, trace.totalMs / 1000)
    turnSeconds.observe({ part: 'own' }, ownShare(trace) / 1000)
  }
}
