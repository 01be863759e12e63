import { createHash } from 'node:crypto'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { nativeRoute } from '../../src/protocols/native/route.ts'
import { systemClock } from '../../src/std/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { testKey } from '../helpers/test-key.ts'
import { GENEROUS, openDeafSessions } from './deaf-sessions.ts'

/**
 * A server to be killed: the real socket route, sessions and store, and engines that hear nothing, so that it starts fast.
 * `node kill-server.ts DATA_DIR` prints its URL. `PUT /photo/ID` stores a photo, `DELETE /sessions/ID` erases. SIGTERM ends it at
 * once and in order, so that Node writes its compile cache (`NODE_COMPILE_CACHE`), which a killed process never does.
 */

process.once('SIGTERM', () => process.exit())

// one client has one session: with 1 it goes by way of the journal
const journalFrom = Number(process.env.VIGIA_TEST_JOURNAL_FROM)
const store = await openSqliteStore({ dataDir: process.argv[2]!, flushMs: 5, segmentBytes: 64 * 1024, journalFrom, key: testKey })
const sessions = await openDeafSessions(store, systemClock)

const app = Fastify({ logger: false })
app.decorateRequest('principal')
app.addHook('onRequest', async (request) => {
  request.principal = { owner: null, scopes: ['admin'], seesAll: true }
})
await app.register(websocket)
await app.register((scope, _options, done) => {
  nativeRoute(scope, { sessions, clock: systemClock, ...GENEROUS })
  done()
})
app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
app.put<{ Params: { id: string }; Body: Buffer }>('/photo/:id', async ({ params: { id }, body }) => {
  const at = new Date().toISOString()
  const row = { sessionId: null, owner: null, capturedAt: at, receivedAt: at, atMs: null, mime: 'image/jpeg', bytes: body.length }
  if (!(await store.frames.get(id))) await store.frames.put({ ...row, id, dhash: null, observation: null }, body)
  return createHash('sha256').update(body).digest('hex')
})
app.delete<{ Params: { id: string } }>('/sessions/:id', async ({ params: { id } }, reply) => {
  await sessions.erase(id)
  return reply.code(204).send()
})
process.stdout.write(`${await app.listen({ port: 0, host: '127.0.0.1' })}\n`)
