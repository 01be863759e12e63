import { VigiaError } from '@vigia/protocol'

/** Tools of an MCP server, by the official client: a program of this machine over its pipes, or an address over HTTP. */

export interface McpServer {
  name: string
  url?: string | undefined
  command?: string | undefined
  args: string[]
  headers: Record<string, string>
  timeoutMs: number
}

/** One tool, neutral to who uses it. */
export interface McpTool {
  name: string
  description: string
  /** JSON Schema. */
  parameters: Record<string, unknown>
  /** `read` when the server says that it changes nothing. */
  effect: 'read' | 'mutating'
  call(args: Record<string, unknown>, signal: AbortSignal): Promise<string>
}

export interface McpConnection extends AsyncDisposable {
  readonly tools: McpTool[]
}

const MAX_TOOLS = 100

/** @throws VigiaError `engine_unavailable` when the server cannot be reached or the client is not installed */
export async function openMcp(server: McpServer): Promise<McpConnection> {
  try {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js')
    const client = new Client({ name: 'vigia', version: '0.1.0' })
    await client.connect((await transportOf(server)) as never, { timeout: server.timeoutMs })
    const { tools } = await client.listTools(undefined, { timeout: server.timeoutMs })
    return {
      tools: tools.slice(0, MAX_TOOLS).map((tool) => ({
        name: `${server.name}_${tool.name}`.replace(/[^A-Za-z0-9_-]/gu, '_').slice(0, 64),
        description: tool.description ?? tool.name,
        parameters: tool.inputSchema,
        effect: tool.annotations?.readOnlyHint === true ? 'read' : 'mutating',
        call: async (args, signal) => {
          const request = { name: tool.name, arguments: args }
          return textOf(await client.callTool(request, undefined, { signal, timeout: server.timeoutMs }))
        },
      })),
      [Symbol.asyncDispose]: () => client.close(),
    }
  } catch (cause) {
    throw new VigiaError('engine_unavailable', `The MCP server "${server.name}" cannot be used.`, {
      hint: `See assistant.tools.${server.name}; its address, program and key.`,
      cause,
    })
  }
}

async function transportOf({ name, url, command, args, headers }: McpServer): Promise<object> {
  if (url) {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js')
    return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  }
  if (!command) throw new VigiaError('config_invalid', `assistant.tools.${name}: expected a url or a command.`)
  const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js')
  return new StdioClientTransport({ command, args, stderr: 'ignore' })
}

/** What a tool answers, as text: text parts as they are, anything else by its kind. */
function textOf(answer: unknown): string {
  const { content, isError } = answer as { content?: { type: string; text?: string }[]; isError?: boolean }
  const text = (content ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : `[${part.type}]`)).join('\n')
  return isError ? `error: ${text}` : text
}
