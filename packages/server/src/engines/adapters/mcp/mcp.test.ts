import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openMcp } from './mcp.ts'

/** A real MCP server in a process of its own, by the official server package. */
let dir = ''
let program = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-mcp-'))
  program = join(dir, 'server.mjs')
  const sdk = (path: string) => pathToFileURL(join(process.cwd(), 'node_modules/@modelcontextprotocol/sdk/dist/esm', path)).href
  const zod = pathToFileURL(join(process.cwd(), 'node_modules/zod/index.js')).href
  await writeFile(
    program,
    `import { McpServer } from '${sdk('server/mcp.js')}'
import { StdioServerTransport } from '${sdk('server/stdio.js')}'
import { z } from '${zod}'
const server = new McpServer({ name: 'test', version: '1.0.0' })
server.registerTool('sum', { description: 'Adds.', inputSchema: { a: z.number(), b: z.number() }, annotations: { readOnlyHint: true } },
  async ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }] }))
server.registerTool('door', { description: 'Opens the door.' }, async () => ({ content: [{ type: 'text', text: 'stuck' }], isError: true }))
await server.connect(new StdioServerTransport())
`,
  )
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const server = (command: string, args: string[]) => ({ name: 'casa', command, args, headers: {}, timeoutMs: 10_000 })

it('lists the tools of a server, calls them, and tells failures as text', async () => {
  await using mcp = await openMcp(server(process.execPath, [program]))
  expect(mcp.tools.map(({ name, effect }) => [name, effect])).toEqual([
    ['casa_sum', 'read'],
    ['casa_door', 'mutating'],
  ])
  const signal = new AbortController().signal
  expect(await mcp.tools[0]!.call({ a: 2, b: 3 }, signal)).toBe('5')
  expect(await mcp.tools[1]!.call({}, signal)).toBe('error: stuck')
})

it('says so when the server cannot be started', async () => {
  await expect(openMcp(server(join(dir, 'no-such-program'), []))).rejects.toMatchObject({ code: 'engine_unavailable' })
})
