import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { writeWav } from '../../src/media/wav.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { fateOf, PARTLY, type Probe, renderTable, SURFACES } from './coverage/table.ts'
import { scriptedLlm, scriptedTts, tone, withEngines } from './helpers/scripted.ts'

const DOCS = path.join(import.meta.dirname, '../../../../docs/compatibility.md')
const llm = scriptedLlm()
llm.otherwise = { text: '{}' }
let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer({}, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Half a second of hum: nobody speaks, so that each request is quick. */
const hum = writeWav(tone(8000, 200, 16_000), 16_000)

/** What a socket that has this parameter is opened with. */
function handshakeWith(probe: Probe, field: string, value: unknown): Promise<number> {
  const query = new URLSearchParams({ ...(probe.base as Record<string, string>), vigia_store: 'false', [field]: String(value) })
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${probe.path}?${query}`)
  return new Promise((resolve) => {
    socket.on('error', () => {})
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!))
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
  })
}

/** 200 for a session that was updated with this field, 400 for an error. */
async function updateWith(probe: Probe, field: string, value: unknown): Promise<number> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${probe.path}&vigia_store=false`)
  const path = field.split('.')
  const session = path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object
  const patch = field.endsWith('.eagerness')
    ? { audio: { input: { turn_detection: { type: 'semantic_vad', eagerness: value } } } }
    : session
  try {
    return await new Promise<number>((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'session.update', session: patch })))
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data)) as { type: string }
        if (type === 'session.updated') resolve(200)
        else if (type === 'error') resolve(400)
      })
    })
  } finally {
    socket.close()
  }
}

/** The status of a request that has this field. */
async function statusWith(probe: Probe, field: string): Promise<number> {
  const value = field in probe.values ? probe.values[field] : 'x'
  if (probe.by === 'handshake') return handshakeWith(probe, field, value)
  if (probe.by === 'update') return updateWith(probe, field, value)
  if (probe.query) {
    const query = new URLSearchParams({ vigia_store: 'false', [field]: String(value) })
    return (await fetch(`${server.url}${probe.path}?${query}`, { method: 'POST', body: new Uint8Array(hum) })).status
  }
  if (probe.form) {
    const form = new FormData()
    for (const [name, one] of Object.entries({ ...probe.base, [field]: value }))
      if (name !== 'file') form.append(name, String(one))
    form.append('file', new Blob([new Uint8Array(hum)]), 'x.wav')
    return (await fetch(`${server.url}${probe.path}`, { method: 'POST', body: form, headers: { 'x-vigia-store': 'false' } }))
      .status
  }
  const given = { [field]: value }
  const body = JSON.stringify({ ...probe.base, ...(probe.within ? { [probe.within]: given } : given) })
  const answer = await fetch(`${server.url}${probe.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  await answer.arrayBuffer()
  return answer.status
}

describe.each(SURFACES.map((surface) => [surface.title, surface] as const))('%s', (_title, surface) => {
  it('names only what the packages declare', () => {
    expect(surface.declared.length).toBeGreaterThan(3)
    const known = new Set(surface.declared)
    expect([...surface.supported, ...surface.refused].filter((name) => !known.has(name))).toEqual([])
  })

  const { probe } = surface
  if (probe) {
    it('takes or refuses every field as the table says', async () => {
      const wrong: string[] = []
      for (const field of surface.declared) {
        if (PARTLY.has(field)) continue
        const status = await statusWith(probe, field)
        if (status >= 400 !== (fateOf(surface, field) === 'refused') || status === 500) wrong.push(`${field}: ${status}`)
      }
      expect(wrong).toEqual([])
    }, 60_000)
  }
})

it('stands in the docs', () => {
  if (process.env.VIGIA_UPDATE_DOCS) writeFileSync(DOCS, renderTable())
  expect(readFileSync(DOCS, 'utf8')).toBe(renderTable())
})
