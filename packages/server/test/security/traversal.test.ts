import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HTTP_ROUTES } from '@vigia/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LiveClient } from '../helpers/live-client.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** No id, in any place of any route, leads out of the data directory: a file beside it is never read, changed or removed. */

const SECRET = 'secreto-fuera-de-los-datos'

let root: string
let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigia-traversal-'))
  await mkdir(join(root, 'outside'))
  for (const name of ['secret.txt', 'original.jpg', 'mono-16khz.pcm', '000001.seg', 'thumb.jpg'])
    await writeFile(join(root, 'outside', name), SECRET)
  const access = { requestsPerSecond: 10_000, sessionsPerMinute: 100_000, photosPerSecond: 1000 }
  app = await startTestServer({ dataDir: join(root, 'data'), access })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

const up = ['..', '.', '%2e%2e', '%252e%252e', '..%c0%af', '..\\', '%2e%2e%2f', '..%2f', '..%5c', '%00', '…', '．．']
const tail = [
  'outside',
  'outside%2fsecret.txt',
  'secret.txt',
  'vigia.db',
  'keys.json',
  'etc/passwd',
  '%2fetc%2fpasswd',
  '\u202e',
  'CON',
  'a'.repeat(4096),
]
const hostileId = fc
  .array(fc.oneof(fc.constantFrom(...up), fc.constantFrom(...tail), fc.string({ unit: 'binary', maxLength: 8 })), {
    minLength: 1,
    maxLength: 6,
  })
  .chain((parts) => fc.constantFrom('/', '%2f', '%5c', '\\', '').map((between) => parts.join(between)))

/** The path as it stands: no client library tidies it up. */
function raw(method: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: app.port, method, path, headers: { 'content-type': 'application/json' } }
    const asked = request(options, (answer) => {
      let body = ''
      answer.on('data', (part) => (body += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    asked.on('error', reject)
    asked.end(method === 'get' || method === 'delete' ? undefined : '{}')
  })
}

/** What Node's own client refuses to send is sent in escapes. */
const sendable = (path: string): string =>
  path.replace(/[^\x21-\x7e]/gu, (char) => encodeURIComponent(char.isWellFormed() ? char : '?'))

const untouched = async (): Promise<string[]> => (await readdir(join(root, 'outside'))).sort()

const routes = HTTP_ROUTES.filter(({ path }) => path.includes('{') && !path.endsWith('/events'))

it('there are routes with ids to try', () => expect(routes.length).toBeGreaterThan(15))

it.each(routes.map(({ method, path }) => [method, path] as const))('%s %s stays inside', async (method, path) => {
  const before = await untouched()
  await fc.assert(
    fc.asyncProperty(fc.array(hostileId, { minLength: 3, maxLength: 3 }), async (ids) => {
      let at = 0
      const { status, body } = await raw(method, sendable(path.replace(/\{\w+\}/g, () => ids[at++ % 3]!)))
      if (status >= 500 && status !== 501 && status !== 503) throw new Error(`${status}: ${body.slice(0, 200)}`)
      expect(body).not.toContain(SECRET)
      expect(body).not.toContain('root:')
    }),
    { numRuns: Number(process.env.VIGIA_FUZZ_RUNS ?? 25) },
  )
  expect(await untouched()).toEqual(before)
})

it('a session id of the socket is no path either', async () => {
  await using client = await LiveClient.connect(app.url)
  for (const session_id of ['../../outside', '..', '.', 'a/b', 'a\\b', '%2e%2e', 'a\0b', '', 'a'.repeat(4096)]) {
    const before = client.all('error').length
    client.send({ type: 'config', session_id })
    expect(['invalid_session_id', 'invalid_message', 'invalid_request']).toContain((await client.next('error', before)).code)
  }
  expect(await readdir(root)).toEqual(['data', 'outside'])
}, 30_000)
