import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { expect, it } from 'vitest'
import type { VoiceReader } from '../../src/engines/speaker-embedder.ts'
import { httpApi } from '../../src/mcp/api.ts'
import { createMcpServer } from '../../src/mcp/server.ts'
import { KnownVoices } from '../../src/session/known-voices.ts'
import { systemClock } from '../../src/std/clock.ts'
import { backup } from '../../src/store/sqlite/backup/backup.ts'
import { scriptedLlm } from '../compat/helpers/scripted.ts'
import { startAssistantServer } from '../helpers/assistant-server.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { webhookReceiver } from '../helpers/webhook-receiver.ts'
import {
  after,
  before,
  CANARY,
  filesWith,
  finished,
  LOUD,
  NEEDLES,
  photoAt,
  post,
  type Server,
  SPAN,
  secret,
  start,
} from './off-record-scene.ts'

/** What leaves the server after a span was taken off the record, by every way out. */

const FORMATS = ['json', 'md', 'srt', 'vtt', 'txt']

async function speak(server: Server): Promise<{ id: string; client: LiveClient }> {
  const client = await LiveClient.connect(server.url)
  const { session_id: id } = await client.open({ diarize: false })
  await client.audio(Buffer.concat([before, secret, after]))
  await client.until(() => client.all('segment').length >= 2, 30_000)
  return { id, client }
}

async function finish(server: Server, { id, client }: Awaited<ReturnType<typeof speak>>): Promise<void> {
  client.send({ type: 'end_of_stream' })
  await client.next('analysis', 0, 30_000)
  await client[Symbol.asyncDispose]()
  await expect.poll(async () => (await server.store.sessions.get(id))?.state, { timeout: 30_000 }).toBe('final')
}

/** Everything that can be asked for about a session, by the way it is asked. */
async function everyAnswer(server: Server, id: string): Promise<Record<string, string>> {
  const text = async (path: string): Promise<string> => await (await fetch(`${server.url}${path}`)).text()
  const answers: Record<string, string> = {}
  for (const format of FORMATS) answers[format] = await text(`/sessions/${id}/transcript.${format}`)
  answers.docx = await documentOf(await fetch(`${server.url}/sessions/${id}/transcript.docx`))
  answers.report = await text(`/sessions/${id}/report`)
  answers.list = await text('/sessions')
  // the answer repeats what was asked for
  answers.search = await text(`/search?q=${CANARY.slice(0, -2)}`)
  answers.ask = await (await post(server, '/ask', { question: `¿Qué hay que pagar a ${CANARY.slice(0, -2)}?` })).text()
  return answers
}

/** The text of a Word file: the first entry that holds any. */
async function documentOf(response: Response): Promise<string> {
  const zip = Buffer.from(await response.arrayBuffer())
  let text = ''
  for (let at = zip.indexOf('PK\u0003\u0004'); at >= 0; at = zip.indexOf('PK\u0003\u0004', at + 1)) {
    const [packed, name, extra] = [zip.readUInt32LE(at + 18), zip.readUInt16LE(at + 26), zip.readUInt16LE(at + 28)]
    const from = at + 30 + name + extra
    const bytes = zip.subarray(from, from + packed)
    text += zip.readUInt16LE(at + 8) === 0 ? bytes : inflateRawSync(bytes)
  }
  return text
}

/** Everything that the tools of a model answer. */
async function everyTool(server: Server, id: string): Promise<Record<string, string>> {
  const mcp = createMcpServer(httpApi(server.url, undefined))
  const client = new Client({ name: 'test', version: '1' })
  const [theirs, ours] = InMemoryTransport.createLinkedPair()
  await Promise.all([mcp.connect(ours), client.connect(theirs)])
  const call = async (name: string, args: Record<string, unknown>): Promise<string> =>
    JSON.stringify(await client.callTool({ name, arguments: args }))
  try {
    return {
      list_sessions: await call('list_sessions', {}),
      search_sessions: await call('search_sessions', { query: CANARY }),
      ask_sessions: await call('ask_sessions', { question: '¿A quién hay que pagar mañana?' }),
      report: await call('read_session', { session_id: id, part: 'report' }),
      minutes: await call('read_session', { session_id: id, part: 'minutes' }),
      transcript: await call('read_session', { session_id: id, part: 'transcript' }),
    }
  } finally {
    await client.close()
    await mcp.close()
  }
}

const withCanary = (answers: Record<string, string>): string[] =>
  Object.keys(answers).filter((name) => answers[name]!.includes(CANARY))

/** The largest sample of each piece of speech that a voice model is shown. */
function heardByVoiceModel(server: Server): { loudest: number[]; voices: KnownVoices } {
  const loudest: number[] = []
  const reader = {
    model: 'watched',
    thresholds: { same: 0.5, suggest: 0.4 },
    embed: async (samples: Int16Array) => {
      loudest.push(samples.reduce((most, sample) => Math.max(most, sample), 0))
      return Float32Array.of(1, 0)
    },
  } as unknown as VoiceReader
  return { loudest, voices: new KnownVoices({ store: server.store, clock: systemClock, enabled: true, voices: () => reader }) }
}

/** Lets a voice model learn the only speaker; there is too little speech to keep it. */
async function learnVoice(server: Server, id: string): Promise<number[]> {
  const segments = await server.store.segments.list(id)
  await server.store.segments.upsert(
    id,
    segments.map((segment) => ({ ...segment, speaker: 'S1' })),
  )
  const { loudest, voices } = heardByVoiceModel(server)
  const session = (await server.store.sessions.get(id))!
  const signal = new AbortController().signal
  await voices.enrol(session, { session_id: id, speaker: 'S1', name: 'Ana', consent: 'given' }, signal).catch(() => {})
  return loudest
}

it('of a finished session: exports, minutes, search, answers, tools, backups, webhooks and voices know nothing of it', async () => {
  await using receiver = await webhookReceiver(Array.from({ length: 50 }, () => 500))
  const webhook = { url: receiver.url, secret: 'a secret of the test', includeReport: true, includeObservation: true }
  await using server = await start({ webhook })
  const talk = await speak(server)
  const { id } = talk
  await photoAt(server, id, 3.2)
  await finish(server, talk)
  // before: all of these ways out lead to it
  expect(withCanary(await everyAnswer(server, id)).sort()).toEqual(['ask', 'docx', ...FORMATS, 'report', 'search'].sort())
  expect(withCanary(await everyTool(server, id))).toEqual(['search_sessions', 'ask_sessions', 'report', 'minutes', 'transcript'])
  expect(await learnVoice(server, id)).toContain(LOUD)
  await expect.poll(() => receiver.received.some(({ body }) => body.includes(CANARY)), { timeout: 30_000 }).toBe(true)

  const done = finished(server, id)
  expect((await post(server, `/sessions/${id}/off-record`, SPAN)).status).toBe(202)
  await done
  const sent = receiver.received.length
  expect(withCanary(await everyAnswer(server, id))).toEqual([])
  expect(withCanary(await everyTool(server, id))).toEqual([])
  expect(await learnVoice(server, id)).not.toContain(LOUD)
  expect(await filesWith(server.dataDir, NEEDLES)).toEqual([])
  const to = await mkdtemp(join(tmpdir(), 'vigia-off-record-'))
  try {
    await backup({ dataDir: server.dataDir, to, version: '0', createdAt: '2026-01-01T00:00:00.000Z' })
    expect(await filesWith(to, NEEDLES)).toEqual([])
  } finally {
    await rm(to, { recursive: true, force: true })
  }
  // the report made anew is told of; what waited to be sent again is sent as it is now, or not at all
  await receiver.until(sent + 1)
  expect(receiver.received.slice(sent).filter(({ body }) => body.includes(CANARY))).toEqual([])
}, 90_000)

it('of a session that goes on: exports, search, answers and tools leave it out at once', async () => {
  await using server = await start()
  const talk = await speak(server)
  const { id } = talk
  await talk.client.until(() => talk.client.all('segment').some(({ text }) => text.includes(CANARY)), 30_000)
  expect(withCanary(await everyAnswer(server, id))).toContain('txt')
  expect((await post(server, `/sessions/${id}/off-record`, SPAN)).status).toBe(202)
  expect(withCanary(await everyAnswer(server, id))).toEqual([])
  expect(withCanary(await everyTool(server, id))).toEqual([])
  await finish(server, talk)
}, 60_000)

it('of a session that goes on: its assistant forgets', async () => {
  const llm = scriptedLlm()
  await using server = await startAssistantServer({}, { llm })
  await using client = await LiveClient.connect(server.url)
  const { session_id: id } = await client.open({ mode: 'assistant', analyze: false, diarize: false })
  const asked = async (text: string, answers: number): Promise<string> => {
    client.send({ type: 'text', text })
    await client.next('reply_done', answers, 30_000)
    return JSON.stringify(llm.requests.at(-1)!.messages)
  }
  await client.audio(server.say(`La clave es ${CANARY}, vigía.`))
  await client.next('reply_done', 0, 30_000)
  expect(await asked('¿Cuál es la clave?', 1)).toContain(CANARY)
  expect((await post(server, `/sessions/${id}/off-record`, { start: 0, end: 60 })).status).toBe(202)
  expect(await asked('¿Y ahora cuál es?', 2)).not.toContain(CANARY)
}, 60_000)
