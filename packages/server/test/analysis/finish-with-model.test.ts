import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Report } from '@vigia/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DIALOGUE, segmentsOf } from '../../src/analysis/fixtures/scripts.ts'
import { validateReport } from '../../src/analysis/validate.ts'
import { tinyGguf } from '../../src/engines/adapters/llama/testing/tiny-gguf.ts'
import {
  type ChatBody,
  type FakeChatOptions,
  fakeChatServer,
} from '../../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import { verifyWebhook, type WebhookHeaders } from '../../src/webhooks/sign.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** A running server whose reports a language model makes: the whole way from the configuration to the stored report. */

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'vigia-model-'))
  await writeFile(path.join(dir, 'tiny.gguf'), tinyGguf({ contextTokens: 8192 }))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

type App = Awaited<ReturnType<typeof startTestServer>>

async function addSession({ store }: App, id: string): Promise<void> {
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  await store.sessions.create({
    id,
    owner: null,
    format,
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: id,
    tier: 'full',
  })
  await store.segments.upsert(
    id,
    segmentsOf(DIALOGUE.lines).map((segment) => ({ ...segment, pass: 'final' as const })),
  )
  await store.sessions.update(id, { state: 'final', durationMs: 60_000 })
}

/** Analyses again from what is stored, and resolves with every report that was published. */
async function analyzed({ sessions }: App, id: string): Promise<Report[]> {
  const reports: Report[] = []
  const closed = new Promise<void>((resolve) => {
    sessions.subscribe(id, (event) => {
      if (event.type === 'report') reports.push(event.report)
      if (event.type === 'closed') resolve()
    })
  })
  await sessions.analyze(id, { reuseTranscript: true })
  await closed
  return reports
}

/** Knows the dialogue of the demo. */
function knowing(body: ChatBody): string[] {
  const asked = Object.keys(body.response_format?.json_schema?.schema.properties ?? {})
  const action = {
    evidence: [4],
    quote: 'Mañana pediré una cotización nueva',
    kind: 'commitment',
    owner: 'B',
    due_text: 'Mañana',
    title: 'Pedir una cotización nueva',
    description: '',
    steps: [],
  }
  const answers: Record<string, unknown[]> = {
    actions: [action],
    points: [{ evidence: [1], text: 'Se revisó el proyecto de las gafas.' }],
  }
  return [
    JSON.stringify({ ...Object.fromEntries(asked.map((name) => [name, answers[name] ?? []])), title: 'Proyecto de las gafas' }),
  ]
}

it('gives the extractive report first, then the model’s, keeps corrections, and tells the webhook', async () => {
  const told: { headers: WebhookHeaders; body: string }[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (data) => {
      body += String(data)
    })
    request.on('end', () => {
      told.push({ headers: request.headers as unknown as WebhookHeaders, body })
      response.end()
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const { port } = hook.address() as AddressInfo
  try {
    await using chat = await fakeChatServer({ answer: knowing })
    const secret = 'secreto de dieciséis'
    await using app = await startTestServer({
      engines: { llm: { adapter: 'openai-chat', baseUrl: chat.url } },
      webhook: { url: `http://127.0.0.1:${port}/`, secret },
    })
    await addSession(app, 'uno')
    const [draft, made] = await analyzed(app, 'uno')
    expect(draft!.analysis.method).toBe('extractive')
    expect(made!.analysis).toMatchObject({
      method: 'llm',
      engine: 'openai-chat',
      model: 'fake-model',
      revision: draft!.analysis.revision + 1,
    })
    expect(made!.action_items).toMatchObject([
      { title: 'Pedir una cotización nueva', owner: { speaker: 'S2' }, evidence: ['seg-0004'], origin: 'llm' },
    ])
    expect(made!.summary).toBe('Se revisó el proyecto de las gafas.')
    expect(validateReport(made!)).toEqual([])

    const patched = await fetch(`${app.url}/sessions/uno/tasks/${made!.action_items[0]!.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'dismissed' }),
    })
    expect(patched.status).toBe(200)
    const asked = chat.bodies.length
    const again = (await analyzed(app, 'uno')).at(-1)!
    expect(again.action_items.find(({ title }) => title === 'Pedir una cotización nueva')?.status).toBe('dismissed')
    // Nothing changed in the transcript: the model was asked nothing again.
    expect(chat.bodies.length).toBe(asked)

    for (let tries = 0; told.length < 2 && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 25))
    expect(told).toHaveLength(2)
    expect(verifyWebhook(secret, told[0]!.headers, told[0]!.body, Date.now() / 1000)).toBe(true)

    const answer = (await (
      await fetch(`${app.url}/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"question":"¿Cuándo es el lanzamiento?"}',
      })
    ).json()) as { found: boolean }
    expect(answer).toHaveProperty('found')
  } finally {
    hook.closeAllConnections()
    hook.close()
  }
})

it('gives a valid report with a model of random weights in its own process', async () => {
  const modelPath = path.join(dir, 'tiny.gguf')
  await using app = await startTestServer({
    engines: { llm: { adapter: 'llama', modelPath, contextTokens: 8192, parallel: 1, threads: 1 } },
    analysis: { deadlineMs: 10_000 },
  })
  expect(app.engines.llm?.capabilities).toMatchObject({ json: 'grammar', contextTokens: 8192 })
  await addSession(app, 'uno')
  const reports = await analyzed(app, 'uno')
  for (const report of reports) expect(validateReport(report)).toEqual([])
  expect(reports.at(-1)!.action_items.every(({ evidence }) => evidence.length > 0)).toBe(true)
}, 90_000)

it('starts without its model, says so, and reports by rules', async () => {
  await using app = await startTestServer({
    engines: { llm: { adapter: 'openai-chat', baseUrl: 'http://127.0.0.1:9/v1', maxRetries: 0 } },
  })
  expect(app.engines.info().llm).toMatchObject({ available: false })
  await addSession(app, 'uno')
  expect((await analyzed(app, 'uno')).at(-1)!.analysis.method).toBe('extractive')
})

it('asks a model again that failed, and the report it owes comes then', async () => {
  let isDown = true
  const intercept: FakeChatOptions['intercept'] = (_request, response) => {
    if (isDown) response.writeHead(500).end('{"error":{"message":"down"}}')
    return isDown
  }
  await using chat = await fakeChatServer({ answer: knowing, intercept })
  await using app = await startTestServer({
    engines: { llm: { adapter: 'openai-chat', baseUrl: chat.url, maxRetries: 0 } },
    analysis: { modelRetryMs: 50 },
  })
  await addSession(app, 'uno')
  const methods: string[] = []
  app.sessions.subscribe('uno', (event) => {
    if (event.type === 'report') methods.push(event.report.analysis.method)
  })
  const first = (await analyzed(app, 'uno')).at(-1)!
  expect(first.analysis.method).toBe('extractive')
  expect(first.analysis.warnings.map(({ code }) => code)).toContain('model_failed')
  isDown = false
  await expect.poll(() => methods.at(-1), { timeout: 60_000 }).toBe('llm')
}, 90_000)
