import { once } from 'node:events'
import { httpApi } from '../mcp/api.ts'
import { parseFlags } from './flags.ts'

/** `vigia mcp`: the sessions of a running server as MCP tools on standard input and output. */

const HELP = `vigia mcp [--url URL]

Serves the sessions of a running Vigía to an MCP client on standard input and output: list, read, search, ask.

  --url URL    address of the server [http://127.0.0.1:8000]

A server with keys takes one from the variable VIGIA_API_KEY.`

export async function mcp(argv: string[]): Promise<number> {
  const { own } = parseFlags(argv, { url: { type: 'string' } })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const url = typeof own.url === 'string' ? own.url : (process.env.VIGIA_URL ?? 'http://127.0.0.1:8000')
  const [{ StdioServerTransport }, { createMcpServer }] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/stdio.js'),
    import('../mcp/server.ts'),
  ])
  const server = createMcpServer(httpApi(url, process.env.VIGIA_API_KEY))
  await server.connect(new StdioServerTransport())
  await once(process.stdin, 'close')
  await server.close()
  return 0
}
