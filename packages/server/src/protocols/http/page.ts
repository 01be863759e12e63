import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'

/** The plain page at `/`: microphone or file in, live captions, photos, the report. Four files, no other host. */

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page/app.js': ['app.js', 'text/javascript; charset=utf-8'],
  '/page/texts.js': ['texts.js', 'text/javascript; charset=utf-8'],
  '/page/report.js': ['report.js', 'text/javascript; charset=utf-8'],
  '/page/capture-worklet.js': ['capture-worklet.js', 'text/javascript; charset=utf-8'],
  '/page/style.css': ['style.css', 'text/css; charset=utf-8'],
} as const

/** Routes of the page that are not part of the API. */
export const PAGE_PATHS: readonly string[] = Object.keys(FILES)

export async function pageRoutes(app: FastifyInstance): Promise<void> {
  for (const [path, [name, type]] of Object.entries(FILES)) {
    const body = await readFile(new URL(`./page/${name}`, import.meta.url))
    app.get(path, async (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(body))
  }
}
