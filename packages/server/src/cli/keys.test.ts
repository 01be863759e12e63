import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTestServer } from '../../test/helpers/test-server.ts'
import { invite } from './invite.ts'
import { run } from './main.ts'
import { figuresOf } from './status.ts'

let dir: string
let said: string[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-keys-'))
  said = []
  vi.spyOn(console, 'log').mockImplementation((text) => void said.push(String(text)))
  vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(dir, { recursive: true, force: true })
})

const keys = (...args: string[]) => run(['keys', ...args, '--data-dir', dir])

it('creates a key once, lists it without showing it, and revokes it while a server runs', async () => {
  expect(await keys('create', 'phone', '--scopes', 'live,read')).toBe(0)
  const key = /^vigia_\S+/.exec(said[0]!)![0]
  const id = key.split('_')[1]!
  await using app = await startTestServer({ dataDir: dir })
  const ask = () => fetch(`${app.url}/sessions`, { headers: { authorization: `Bearer ${key}` } })
  expect((await fetch(`${app.url}/sessions`)).status).toBe(401)
  expect((await ask()).status).toBe(200)
  said = []
  expect(await keys('list')).toBe(0)
  expect(said.join()).toContain(`${id}  active   live,read`)
  expect(said.join()).not.toContain(key.split('_')[2])
  expect(await keys('revoke', id)).toBe(0)
  expect((await ask()).status).toBe(401)
})

it('makes a key whose holder leaves nothing behind, and says so where it is listed', async () => {
  expect(await keys('create', 'guest', '--no-store')).toBe(0)
  expect(await keys('create', 'phone')).toBe(0)
  expect(said[0]).toContain('Nothing that it sends is kept.')
  expect(said[1]).not.toContain('Nothing that it sends is kept.')
  said = []
  expect(await keys('list')).toBe(0)
  expect(said.map((line) => line.includes('keeps nothing'))).toEqual([true, false])
})

it('says what is wrong with a command', async () => {
  expect(await keys('create', 'x', '--scopes', 'everything')).toBe(1)
  expect(await keys('create', 'x', '--days', '-1')).toBe(2)
  expect(await keys('revoke', 'nope')).toBe(1)
  expect(await keys('turn')).toBe(2)
  expect(await keys()).toBe(2)
})

it('shows the state of a server, with a key of its own making where one is needed', async () => {
  await keys('create')
  await using app = await startTestServer({ dataDir: dir })
  said = []
  const args = ['--data-dir', dir, '--port', String(app.port)]
  expect(await run(['status', ...args])).toBe(0)
  expect(said.join('\n')).toMatch(/: ready\n.*sessions with a client/s)
  said = []
  expect(await run(['status', '--json', ...args])).toBe(0)
  expect(JSON.parse(said[0]!)).toMatchObject({
    ready: true,
    figures: { vigia_sessions_live: 0, vigia_capacity_slots: expect.any(Number) },
  })
  expect(await run(['status', '--url', 'http://127.0.0.1:9'])).toBe(1)
})

it('reads figures and passes over the rest', () => {
  expect(figuresOf('# HELP x\nvigia_sessions_live 2\nother 3\nvigia_sessions_live{a="b"} 9')).toEqual({ vigia_sessions_live: 2 })
})

it('shows a phone the way in, the key behind the hash', () => {
  const facts = { addresses: ['192.168.1.5'], port: 8000, secure: true, firstKey: 'vigia_a_b', fingerprint: 'AA:BB' }
  expect(invite(facts)).toContain('https://192.168.1.5:8000/#key=vigia_a_b')
  expect(invite(facts)).toMatch(/[▀▄█]{5}/)
  expect(invite({ ...facts, firstKey: null, secure: false, fingerprint: null })).toMatch(/A key is needed.*Nothing is encrypted/s)
})
