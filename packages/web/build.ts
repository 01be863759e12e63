import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'vite'

/**
 * Builds the app, the client as one file for plain pages, and the examples into `dist/`.
 * `--if-stale` does nothing when the sources are those of the last build.
 */

const HERE = path.dirname(fileURLToPath(import.meta.url))
const ROOT = path.resolve(HERE, '../..')
const DIST = path.join(HERE, 'dist')
const STAMP = path.join(DIST, '.sources')
const SOURCES = [
  'packages/web/src',
  'packages/web/public',
  'packages/web/index.html',
  'packages/web/build.ts',
  'packages/web/package.json',
  'packages/client',
  'packages/protocol/src',
  'examples/plain',
]
const COMPRESSED = /\.(js|css|html|svg|webmanifest)$/

export async function buildWeb({ ifStale = false } = {}): Promise<boolean> {
  const stamp = await sourceStamp()
  if (ifStale && (await readFile(STAMP, 'utf8').catch(() => '')) === stamp) return false
  await rm(DIST, { recursive: true, force: true })
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  await build({
    root: HERE,
    configFile: false,
    mode: 'production',
    // a test runner's NODE_ENV would bring in React's development build
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    base: '/app/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic' } },
    build: {
      outDir: DIST,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { index: path.join(HERE, 'index.html'), 'vigia-client': path.join(ROOT, 'packages/client/src/index.ts') },
        preserveEntrySignatures: 'exports-only',
        output: { entryFileNames: ({ name }) => (name === 'vigia-client' ? 'sdk/[name].js' : 'assets/[name]-[hash].js') },
      },
    },
  })
  if (before === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = before
  await cp(path.join(ROOT, 'examples/plain'), path.join(DIST, 'examples/plain'), { recursive: true }).catch(() => {})
  await writeServiceWorker(stamp)
  await compress()
  await writeFile(STAMP, stamp)
  return true
}

/** The service worker knows the files of this build, so that the app opens without the server. */
async function writeServiceWorker(stamp: string): Promise<void> {
  const files = (await filesIn(DIST)).filter((name) => /^(assets|sdk)\/|^icon|\.webmanifest$/.test(name))
  const source = await readFile(path.join(HERE, 'src/sw.js'), 'utf8')
  const filled = source
    .replace("'__VERSION__'", JSON.stringify(stamp.slice(0, 12)))
    .replace('[/* __FILES__ */]', JSON.stringify(['/', ...files.map((name) => `/app/${name}`)]))
  await writeFile(path.join(DIST, 'sw.js'), filled)
}

async function compress(): Promise<void> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10 }
  for (const name of (await filesIn(DIST)).filter((file) => COMPRESSED.test(file))) {
    const file = path.join(DIST, name)
    await writeFile(`${file}.br`, brotliCompressSync(await readFile(file), { params }))
  }
}

async function sourceStamp(): Promise<string> {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    const full = path.join(ROOT, source)
    const names = await filesIn(full).catch(() => [''])
    for (const name of names.filter((one) => !/node_modules|\.test\.tsx?$/.test(one)).sort()) {
      const body = await readFile(path.join(full, name)).catch(() => Buffer.alloc(0))
      hash.update(`${source}/${name}\0`).update(body)
    }
  }
  return hash.digest('hex')
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(DIST, { recursive: true })
  const built = await buildWeb({ ifStale: process.argv.includes('--if-stale') })
  if (built) console.log('web app built')
}
