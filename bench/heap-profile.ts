import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { allocationRows, allocationsOf, behalfOf, type HeapProfile, totalBytes } from './lib/allocations.ts'
import { Fleet } from './lib/fleet.ts'
import { type MeasuredServer, startVigia } from './lib/processes.ts'
import { dialogue } from './lib/recordings.ts'
import { photoOf, post } from './rows/photos.ts'

/**
 * What the gateway's main thread allocates per chunk of audio and per photo, by function:
 *
 *     node bench/heap-profile.ts [ingest|live|photos …]
 *
 * JavaScript heap alone: pixels and audio in buffers lie outside of it.
 */

const ROOT = path.join(import.meta.dirname, '..')
const TOP = 15
const WRITE_MS = 10_000

interface Load {
  title: string
  flags?: readonly string[]
  /** Runs until compilers have seen everything, gives how to run what is measured, and that gives how much work it was. */
  prepare(server: MeasuredServer): Promise<() => Promise<number>>
}

const LOADS: Record<string, Load> = {
  ingest: {
    title: '100 sessions, stored and acknowledged: bytes per chunk of 100 ms',
    prepare: async ({ url }) => {
      const fleet = await Fleet.open(url, { sessions: 100, config: { results: 'end', analyze: false, diarize: false } })
      await fleet.warmUp(20_000, 5000)
      return () => chunksOf(fleet, 8000)
    },
  },
  live: {
    title: '4 sessions with live text: bytes per chunk of 100 ms',
    prepare: async ({ url }) => {
      const fleet = await Fleet.open(url, { sessions: 4, audio: dialogue(), config: { analyze: false } })
      await fleet.stream(10_000)
      return () => chunksOf(fleet, 15_000)
    },
  },
  photos: {
    title: 'photos of 1280 pixels, measured: bytes per photo',
    flags: ['--engines.vision.adapter', 'measured'],
    prepare: async ({ url }) => {
      const photo = await photoOf(1280)
      await post(url, photo, 40)
      return async () => (await post(url, photo, 120)).length
    },
  },
}

async function chunksOf(fleet: Fleet, ms: number): Promise<number> {
  const before = fleet.sentChunks
  await fleet.stream(ms)
  const chunks = fleet.sentChunks - before
  await fleet.settled()
  return chunks
}

async function profiled(server: MeasuredServer, file: string, run: () => Promise<number>): Promise<[HeapProfile, number]> {
  process.kill(server.pid, 'SIGUSR2')
  await sleep(200)
  const units = await run()
  process.kill(server.pid, 'SIGUSR2')
  for (const deadline = performance.now() + WRITE_MS; performance.now() < deadline; await sleep(100)) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('}')) return [JSON.parse(text) as HeapProfile, units]
  }
  throw new Error(`no profile within ${WRITE_MS} ms`)
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !LOADS[name])
if (unknown) throw new Error(`expected ${Object.keys(LOADS).join(', ')}; got "${unknown}"`)
const sampler = pathToFileURL(path.join(import.meta.dirname, 'lib/heap-sampler.ts'))
for (const [name, { title, flags = [], prepare }] of Object.entries(LOADS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const dir = await mkdtemp(path.join(tmpdir(), 'vigia-heap-'))
  const file = path.join(dir, 'profile.json')
  try {
    const env = { VIGIA_BENCH_HEAP_PROFILE: file, NODE_OPTIONS: `--import ${sampler.href}` }
    await using server = await startVigia(path.join(dir, 'data'), flags, env)
    const [profile, units] = await profiled(server, file, await prepare(server))
    const allocations = allocationsOf(profile, ROOT)
    console.log(`\n${title} (${units} of them, ${Math.round(totalBytes(allocations) / units)} bytes each)\n`)
    for (const [head, of] of Object.entries({ function: allocations, 'on behalf of': behalfOf(profile, ROOT) }))
      console.log([`| ${head} | bytes | share |`, '| --- | --- | --- |', ...allocationRows(of, units, TOP), ''].join('\n'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
process.exit() // the fleets' sockets are of no use any more
