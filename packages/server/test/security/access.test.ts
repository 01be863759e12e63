import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HTTP_ROUTES } from '@vigia/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { KeyFile } from '../../src/access/key-file.ts'
import { addKey, revokeKey } from '../../src/access/keys.ts'
import type { Scope } from '../../src/access/scopes.ts'
import { issueAccessToken } from '../../src/access/tokens.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** Who gets in and what they see, on the real server: origin × credential × scope × owner, route by route. */

type Server = Awaited<ReturnType<typeof startTestServer>>
let dir: string
let app: Server
let file: KeyFile
const keys: Record<string, { key: string; id: string }> = {}
const SESSIONS = { a: 'session-of-a', b: 'session-of-b' }

function create(name: string, scopes: Scope[], expiresAt: string | null = null): void {
  file.change((ring) => {
    const made = addKey(ring, { name, scopes, expiresAt }, new Date().toISOString())
    keys[name] = { key: made.key, id: made.stored.id }
    return made.ring
  })
}

const tokenOf = (
  name: string,
  scopes: Scope[],
  more: { origin?: string; once?: boolean; lifetimeMs?: number; nowMs?: number } = {},
): string => {
  const { nowMs = Date.now(), ...request } = more
  const ring = file.read()!
  const key = ring.keys.find(({ id }) => id === keys[name]!.id)!
  return issueAccessToken(
    ring,
    { keyId: key.id, scopes: key.scopes },
    { scopes, lifetimeMs: 60_000, once: false, ...request },
    nowMs,
  ).token
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-matrix-'))
  file = new KeyFile(dir)
  create('a', ['live', 'read'])
  create('b', ['live', 'read'])
  create('reader', ['read'])
  create('recorder', ['live'])
  create('admin', ['admin'])
  create('expired', ['admin'], '2020-01-01T00:00:00.000Z')
  create('revoked', ['admin'])
  file.change((ring) => revokeKey(ring, keys.revoked!.id, new Date().toISOString()))
  app = await startTestServer({
    dataDir: dir,
    access: { origins: 'https://app.example', requestsPerSecond: 10_000, sessionsPerMinute: 100_000, photosPerSecond: 1000 },
  })
  for (const owner of ['a', 'b'] as const) {
    await app.store.sessions.create({
      id: SESSIONS[owner],
      owner: keys[owner]!.id,
      format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
      language: 'es',
      mode: 'transcribe',
      config: {},
      tokenHash: 'x',
      tier: 'full',
    })
    await app.store.segments.upsert(SESSIONS[owner], [
      { id: 'u1', start: 0, end: 1, text: `secreto de ${owner}`, rev: 0, pass: 'live' },
    ])
    await app.store.sessions.update(SESSIONS[owner], { state: 'final' })
  }
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

/** The status of a request; `name` is a key, a token (`token:…`) or null. */
async function ask(
  method: string,
  path: string,
  credential: string | null,
  headers: Record<string, string> = {},
): Promise<number> {
  const authorization = credential === null ? {} : { authorization: `Bearer ${credential}` }
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }
  const type = 'body' in body ? { 'content-type': 'application/json' } : {}
  const answer = await app.http.inject({
    method: method as 'GET',
    url: path,
    headers: { host: '127.0.0.1', ...authorization, ...type, ...headers },
    ...('body' in body ? { payload: body.body } : {}),
    remoteAddress: `10.0.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`,
  })
  return answer.statusCode
}

describe('every route without a good key', () => {
  const PUBLIC = ['/livez', '/readyz', '/openapi.json', '/asyncapi.json']
  const routes = HTTP_ROUTES.map(({ method, path }) => [method.toUpperCase(), path.replace(/\{\w+\}/g, 'x')] as const)

  it.each(routes)('%s %s', async (method, path) => {
    const expected = PUBLIC.includes(path) ? [200] : [401]
    expect(expected).toContain(await ask(method, path, null))
    if (PUBLIC.includes(path)) return
    for (const bad of ['', 'vigia_000000000000_x', keys.expired!.key, keys.revoked!.key, 'vt_a.b']) {
      expect(await ask(method, path, bad)).toBe(401)
    }
    expect(await ask(method, path, keys.admin!.key, { origin: 'https://evil.example' })).toBe(403)
  })
})

describe('scopes', () => {
  it.each([
    ['GET', '/sessions', 'reader', 200],
    ['GET', '/sessions', 'recorder', 403],
    ['GET', '/search?q=x', 'recorder', 403],
    ['GET', '/metrics', 'a', 403],
    ['GET', '/metrics', 'admin', 200],
    ['GET', '/audit', 'reader', 403],
    ['GET', '/audit', 'admin', 200],
    ['GET', '/access/me', 'reader', 200],
    ['GET', '/access/me', 'recorder', 200],
    ['POST', '/vision/frame_b64', 'reader', 403],
    ['POST', '/vision/frame_b64', 'recorder', 400],
    ['DELETE', `/sessions/${SESSIONS.a}`, 'reader', 403],
    ['DELETE', `/sessions/${SESSIONS.a}`, 'recorder', 403],
    ['PATCH', `/sessions/${SESSIONS.a}`, 'recorder', 403],
    ['GET', '/system', 'recorder', 403],
    ['POST', '/system/models/x/pull', 'a', 403],
  ])('%s %s as %s: %d', async (method, path, name, status) => {
    expect(await ask(method, path, keys[name]!.key)).toBe(status)
  })
})

describe('owners', () => {
  const mine = ['', '/report', '/transcript.json', '/transcript.md', '/transcript.txt', '/audio', '/events']
  it.each(mine)('GET /sessions/ID%s is not there for another owner', async (part) => {
    expect(await ask('GET', `/sessions/${SESSIONS.b}${part}`, keys.a!.key)).toBe(404)
  })

  it.each([
    ['DELETE', ''],
    ['PATCH', ''],
    ['POST', '/analyze'],
    ['PATCH', '/segments/u1'],
    ['PATCH', '/tasks/t1'],
    ['PATCH', '/findings/f1'],
  ])('%s /sessions/ID%s changes nothing of another owner', async (method, part) => {
    expect(await ask(method, `/sessions/${SESSIONS.b}${part}`, keys.a!.key)).toBe(404)
    expect(await app.store.sessions.get(SESSIONS.b)).not.toBeNull()
  })

  it('list and search show what is one’s own; an admin sees all', async () => {
    const list = async (name: string): Promise<string[]> => {
      const headers = { host: '127.0.0.1', authorization: `Bearer ${keys[name]!.key}` }
      const { sessions } = (await app.http.inject({ url: '/sessions', headers })).json()
      const { hits } = (await app.http.inject({ url: '/search?q=secreto', headers })).json()
      expect(hits.map((hit: { session_id: string }) => hit.session_id).sort()).toEqual(
        sessions.map((session: { session_id: string }) => session.session_id).sort(),
      )
      return sessions.map((session: { session_id: string }) => session.session_id).sort()
    }
    expect(await list('a')).toEqual([SESSIONS.a])
    expect(await list('b')).toEqual([SESSIONS.b])
    expect(await list('reader')).toEqual([])
    expect(await list('admin')).toEqual([SESSIONS.a, SESSIONS.b])
  })
})

describe('tokens', () => {
  it.each<[string, number, () => string, Record<string, string>?]>([
    ['of reading', 200, () => tokenOf('a', ['read'])],
    ['of recording', 403, () => tokenOf('a', ['live'])],
    ['that ended', 401, () => tokenOf('a', ['read'], { nowMs: Date.now() - 61_000 })],
    ['of a revoked key', 401, () => tokenOf('revoked', ['read'])],
    [
      'bound to the page that uses it',
      200,
      () => tokenOf('a', ['read'], { origin: 'https://app.example' }),
      { origin: 'https://app.example' },
    ],
    ['bound to another page', 401, () => tokenOf('a', ['read'], { origin: 'https://app.example' })],
    ['that wants more than its key', 403, () => tokenOf('recorder', ['read', 'admin', 'live'])],
  ])('%s: %d', async (_, status, token, headers) => {
    expect(await ask('GET', '/sessions', token(), headers)).toBe(status)
  })

  it('for one use are good once', async () => {
    const token = tokenOf('a', ['read'], { once: true })
    expect([await ask('GET', '/sessions', token), await ask('GET', '/sessions', token)]).toEqual([200, 401])
  })

  it('are made over HTTP from a key, not from a token', async () => {
    const post = (credential: string, payload: object) =>
      app.http.inject({
        method: 'POST',
        url: '/access/tokens',
        headers: { host: '127.0.0.1', authorization: `Bearer ${credential}` },
        payload,
      })
    const made = await post(keys.a!.key, { scopes: ['read', 'admin'], lifetime_s: 10, once: false })
    expect([made.statusCode, made.json().scopes]).toEqual([201, ['read']])
    expect(await ask('GET', '/sessions', made.json().token)).toBe(200)
    expect((await post(made.json().token, {})).statusCode).toBe(403)
    expect((await post(keys.a!.key, { lifetime_s: 1e9 })).statusCode).toBe(400)
  })
})

describe('the socket', () => {
  /** Status of the upgrade: 101 when it opened. */
  const upgrade = (options: { protocols?: string[]; headers?: Record<string, string>; origin?: string }): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/ws/audio`, options.protocols ?? [], {
        headers: options.headers,
        ...(options.origin === undefined ? {} : { origin: options.origin }),
      })
      socket.on('error', () => {})
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0)
        socket.terminate()
      })
      socket.on('open', () => {
        expect(socket.protocol).toBe(options.protocols ? 'vigia.v1' : '')
        resolve(101)
        socket.close()
      })
    })
  const bearer = (name: string) => ({ authorization: `Bearer ${keys[name]!.key}` })

  it.each<[string, number, () => Parameters<typeof upgrade>[0]]>([
    ['no key', 401, () => ({})],
    ['a key', 101, () => ({ headers: bearer('recorder') })],
    ['a key that only reads', 403, () => ({ headers: bearer('reader') })],
    ['a revoked key', 401, () => ({ headers: bearer('revoked') })],
    ['a key from a listed page', 101, () => ({ headers: bearer('a'), origin: 'https://app.example' })],
    ['a key from its own page', 101, () => ({ headers: bearer('a'), origin: app.url })],
    ['a key from a foreign page', 403, () => ({ headers: bearer('a'), origin: 'https://evil.example' })],
    ['a key from no page at all', 403, () => ({ headers: bearer('a'), origin: 'null' })],
    ['a token as subprotocol', 101, () => ({ protocols: ['vigia.v1', `vigia.token.${tokenOf('a', ['live'])}`] })],
    ['a token that only reads', 403, () => ({ protocols: ['vigia.v1', `vigia.token.${tokenOf('a', ['read'])}`] })],
    ['a forged token', 401, () => ({ protocols: ['vigia.v1', `vigia.token.${tokenOf('a', ['live']).slice(0, -2)}xx`] })],
  ])('with %s: %d', async (_, status, options) => {
    expect(await upgrade(options())).toBe(status)
  })

  it('takes no session of another owner over, even with its token', async () => {
    await using first = await LiveClient.connect(app.url, { headers: bearer('a') })
    const { session_id, resume_token } = await first.open()
    await using thief = await LiveClient.connect(app.url, { headers: bearer('b') })
    thief.send({ type: 'config', session_id, resume_token })
    expect((await thief.next('error')).code).toBe('resume_denied')
  })

  it('is closed within seconds of its key’s revocation', async () => {
    create('shortlived', ['live'])
    await using client = await LiveClient.connect(app.url, { headers: bearer('shortlived') })
    await client.open()
    file.change((ring) => revokeKey(ring, keys.shortlived!.id, new Date().toISOString()))
    expect(await client.closed).toBe(4401)
  })
})

/** Every origin with every credential at every kind of thing; what must come is said by {@link expected}, not by the server's code. */
describe('the table of origin × credential × scope × owner', () => {
  const ORIGINS: Record<string, string | undefined> = {
    'no page': undefined,
    'its own page': 'http://127.0.0.1',
    'a listed page': 'https://app.example',
    'a listed name on another port': 'https://app.example:8443',
    'a name that ends alike': 'https://evil-app.example',
    'a foreign page': 'https://evil.example',
    'a page without origin': 'null',
  }
  interface Credential {
    make: () => string | null
    good: boolean
    scopes: readonly Scope[]
    owner: 'a' | 'b' | 'other' | 'all'
    boundTo?: string
  }
  const CREDENTIALS: Record<string, Credential> = {
    nothing: { make: () => null, good: false, scopes: [], owner: 'other' },
    'an expired key': { make: () => keys.expired!.key, good: false, scopes: [], owner: 'other' },
    'a revoked key': { make: () => keys.revoked!.key, good: false, scopes: [], owner: 'other' },
    'the key of the owner': { make: () => keys.a!.key, good: true, scopes: ['live', 'read'], owner: 'a' },
    'the key of another': { make: () => keys.b!.key, good: true, scopes: ['live', 'read'], owner: 'b' },
    'a key that reads': { make: () => keys.reader!.key, good: true, scopes: ['read'], owner: 'other' },
    'a key that records': { make: () => keys.recorder!.key, good: true, scopes: ['live'], owner: 'other' },
    'an admin’s key': { make: () => keys.admin!.key, good: true, scopes: ['live', 'read', 'admin'], owner: 'all' },
    'a token of the owner that reads': { make: () => tokenOf('a', ['read']), good: true, scopes: ['read'], owner: 'a' },
    'a token of the owner that records': { make: () => tokenOf('a', ['live']), good: true, scopes: ['live'], owner: 'a' },
    'a token bound to the listed page': {
      make: () => tokenOf('a', ['read'], { origin: 'https://app.example' }),
      good: true,
      scopes: ['read'],
      owner: 'a',
      boundTo: 'https://app.example',
    },
  }
  const TARGETS = {
    'reads a session of a': { method: 'GET', path: `/sessions/${SESSIONS.a}`, needs: ['read'], owned: true, ok: 200 },
    'changes a session of a': { method: 'PATCH', path: `/sessions/${SESSIONS.a}`, needs: ['live', 'read'], owned: true, ok: 200 },
    'sends no photo': { method: 'POST', path: '/vision/frame_b64', needs: ['live'], owned: false, ok: 400 },
    'reads the audit log': { method: 'GET', path: '/audit', needs: ['admin'], owned: false, ok: 200 },
  } as const
  const ALLOWED = new Set<string | undefined>([undefined, 'http://127.0.0.1', 'https://app.example'])

  function expected(origin: string | undefined, credential: Credential, target: (typeof TARGETS)[keyof typeof TARGETS]): number {
    if (!ALLOWED.has(origin)) return 403
    if (!credential.good || (credential.boundTo !== undefined && credential.boundTo !== origin)) return 401
    if (!target.needs.every((scope) => credential.scopes.includes(scope))) return 403
    if (target.owned && credential.owner !== 'a' && credential.owner !== 'all') return 404
    return target.ok
  }

  const table = Object.entries(ORIGINS).flatMap(([from, origin]) =>
    Object.entries(CREDENTIALS).flatMap(([who, credential]) =>
      Object.entries(TARGETS).map(([what, target]) => ({ from, who, what, origin, credential, target })),
    ),
  )

  it('has at least sixty cases, and every answer occurs', () => {
    expect(table.length).toBeGreaterThanOrEqual(60)
    const answers = new Set(table.map(({ origin, credential, target }) => expected(origin, credential, target)))
    expect([...answers].sort()).toEqual([200, 400, 401, 403, 404])
  })

  it.each(table)('$who from $from $what', async ({ origin, credential, target }) => {
    const headers: Record<string, string> = origin === undefined ? {} : { origin }
    expect(await ask(target.method, target.path, credential.make(), headers)).toBe(expected(origin, credential, target))
  })
})

it('keeps an audit log that holds together and names no key, no session, no word', async () => {
  const answer = await app.http.inject({
    url: '/audit?limit=1000',
    headers: { host: '127.0.0.1', authorization: `Bearer ${keys.admin!.key}` },
  })
  const { rows, intact } = answer.json()
  expect(intact).toBe(true)
  expect(new Set(rows.map((row: { action: string }) => row.action))).toEqual(
    expect.objectContaining(new Set(['server_started', 'auth_failed', 'forbidden', 'origin_refused', 'token_issued'])),
  )
  for (const text of [keys.a!.key, SESSIONS.a, 'secreto']) expect(answer.body).not.toContain(text)
})
