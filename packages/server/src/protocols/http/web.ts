import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** The web app at `/`: the files of its build, from memory, compressed when it was built. */

const DIST = fileURLToPath(new URL('../../../../web/dist/', import.meta.url))
const YEAR_S = 31_536_000

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
}

const NOT_BUILT = `<!doctype html><html lang="es"><meta charset="utf-8"><title>Vigía</title>
<h1>Vigía</h1><p>El servidor funciona; la aplicación web no está construida. / The server runs; the web app is not built.</p>
<pre>npm run build</pre><p><a href="/docs">API</a></p></html>`

interface WebFile {
  body: Buffer
  brotli: Buffer | null
  type: string
  etag: string
  /** Its name changes with its content. */
  hashed: boolean
}

/** Paths of the app that are not part of the API. */
export const isWebPath = (url: string): boolean => url === '/' || url.startsWith('/app/')

export async function webRoutes(app: FastifyInstance, dist: string = DIST): Promise<void> {
  const files = new WebFiles(dist)

  app.get('/', async (request, reply) => {
    const index = await files.get('index.html')
    if (index) return send(request, reply, index)
    return reply.type(TYPES['.html']!).header('cache-control', 'no-store').send(NOT_BUILT)
  })

  app.get<{ Params: { '*': string } }>('/app/*', async (request, reply) => {
    const file = await files.get(request.params['*'])
    if (!file) throw new VigiaError('not_found', 'The web app has no file of this name.', { hint: 'Reload the page.' })
    if (request.params['*'] === 'sw.js') reply.header('service-worker-allowed', '/')
    return send(request, reply, file)
  })
}

function send(request: FastifyRequest, reply: FastifyReply, file: WebFile): FastifyReply {
  reply
    .header('etag', file.etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', file.hashed ? `public, max-age=${YEAR_S}, immutable` : 'no-cache')
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  reply.type(file.type)
  const takesBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''))
  if (file.brotli && takesBrotli) return reply.header('content-encoding', 'br').send(file.brotli)
  return reply.send(file.body)
}

/** The build in memory; read again when it was built again. */
class WebFiles {
  readonly #dist: string
  #builtMs = 0
  #files: Promise<ReadonlyMap<string, WebFile>> = Promise.resolve(new Map())

  constructor(dist: string) {
    this.#dist = dist
  }

  async get(name: string): Promise<WebFile | undefined> {
    const built = await stat(path.join(this.#dist, 'index.html')).catch(() => null)
    if (built && built.mtimeMs !== this.#builtMs) {
      this.#builtMs = built.mtimeMs
      this.#files = readAll(this.#dist)
    }
    return built ? (await this.#files).get(name) : undefined
  }
}

async function readAll(dist: string): Promise<ReadonlyMap<string, WebFile>> {
  const names = (await readdir(dist, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dist, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
  const bodies = new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(dist, name))] as const)))
  const served = names.filter((name) => !name.endsWith('.br'))
  return new Map(served.map((name) => [name, webFile(name, bodies.get(name)!, bodies.get(`${name}.br`) ?? null)]))
}

function webFile(name: string, body: Buffer, brotli: Buffer | null): WebFile {
  return {
    body,
    brotli,
    type: TYPES[path.extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    hashed: name.startsWith('assets/'),
  }
}
