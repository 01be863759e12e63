import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../test/helpers/test-server.ts'
import { DIALOGUE, segmentsOf } from '../analysis/fixtures/scripts.ts'
import { analyze } from '../analysis/pipeline.ts'

/** The official client starts `vigia mcp` as a client program does, and talks to it about a running server. */

let app: Awaited<ReturnType<typeof startTestServer>>
let client: Client
beforeAll(async () => {
  app = await startTestServer()
  const { store } = app
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  await store.sessions.create({
    id: 'gafas',
    owner: null,
    format,
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
  const segments = segmentsOf(DIALOGUE.lines)
  await store.segments.upsert(
    'gafas',
    segments.map((segment) => ({ ...segment, pass: 'final' as const })),
  )
  const times = { startedAt: '2026-03-10T10:00:00Z', timeZone: 'Europe/Madrid', durationMs: 60_000 }
  await store.reports.put('gafas', await analyze({ sessionId: 'gafas', language: 'es', segments, frames: [], ...times }))
  client = new Client({ name: 'test', version: '1' })
  const cli = path.resolve(import.meta.dirname, '../cli/vigia.cjs')
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [cli, 'mcp', '--url', app.url], stderr: 'ignore' }),
  )
})
afterAll(async () => {
  await client?.close()
  await app?.[Symbol.asyncDispose]()
})

async function call(name: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }> {
  const result = (await client.callTool({ name, arguments: args })) as { content: { text: string }[]; isError?: boolean }
  return { text: result.content[0]!.text, isError: result.isError === true }
}

describe('vigia mcp', () => {
  it('offers four tools, all of which only read', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name).sort()).toEqual(['ask_sessions', 'list_sessions', 'read_session', 'search_sessions'])
    expect(tools.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true)
  })

  it('lists and reads', async () => {
    expect(JSON.parse((await call('list_sessions', {})).text)).toMatchObject({
      sessions: [{ session_id: 'gafas', has_report: true }],
    })
    const report = JSON.parse((await call('read_session', { session_id: 'gafas' })).text) as { action_items: unknown[] }
    expect(report.action_items).toHaveLength(4)
    expect((await call('read_session', { session_id: 'gafas', part: 'transcript' })).text).toContain('cotización nueva')
  })

  it('searches and asks', async () => {
    expect((await call('search_sessions', { query: 'cotizacion' })).text).toContain('cotización')
    const answer = JSON.parse((await call('ask_sessions', { question: '¿Cuándo es el lanzamiento?' })).text) as {
      found: boolean
      answer: string
    }
    expect(answer.found).toBe(true)
    expect(answer.answer).toContain('quince de mayo')
    expect(JSON.parse((await call('ask_sessions', { question: '¿Qué se dijo de los dinosaurios?' })).text)).toMatchObject({
      found: false,
      citations: [],
    })
  })

  it('tells a mistake as the server does', async () => {
    const { text, isError } = await call('read_session', { session_id: 'nada' })
    expect(isError).toBe(true)
    expect(text).toContain('session_not_found')
  })
})
