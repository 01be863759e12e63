import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { Fleet } from '../lib/fleet.ts'
import { type MeasuredServer, pythonWith, startCounter, startUvicorn, startVigia } from '../lib/processes.ts'
import { dialogue } from '../lib/recordings.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { cpuMs, rssBytes } from '../lib/usage.ts'

/**
 * Live audio coming in: what one core carries. Vigía stores, syncs and acknowledges every chunk; the others keep it in memory or
 * only count it. CPU is that of the whole gateway process with all its threads, the kernel's part included.
 */
export const ingest: Row = {
  name: 'ingest',
  title: 'Live audio in: durable and acknowledged, beside servers that only buffer or count',
  async run(context) {
    const python = await pythonWith(['fastapi', 'uvicorn', 'websockets'])
    const counts = context.by({ smoke: [10], short: [50, 200], full: [10, 50, 200, 500] })
    const figures: Figure[] = []
    for (const sessions of counts) figures.push(...(await measure(context, python, { sessions, deflate: false })))
    const browsers = context.by({ smoke: 0, short: 100, full: 200 })
    if (browsers > 0 && python) figures.push(...(await measure(context, python, { sessions: browsers, deflate: true })))
    return figures
  },
}

interface Load {
  sessions: number
  /** Clients offer compression and the servers keep their defaults: uvicorn takes it, Vigía and the counter do not. */
  deflate: boolean
}

type Server = 'vigia' | 'counter' | 'naive'
const NAMES = { naive: 'FastAPI, bytearray', counter: 'ws, counting' }

async function measure(context: RowContext, python: string | null, load: Load): Promise<Figure[]> {
  const rounds = context.by({ smoke: 1, short: 3, full: 5 })
  const variants: Partial<Record<Server, () => Promise<Sample>>> = {
    async vigia() {
      const dataDir = await mkdtemp(path.join(context.dir, 'ingest-'))
      return await run(await startVigia(dataDir), load, context, true)
    },
    counter: async () => await run(await startCounter(), load, context, false),
    ...(python ? { naive: async () => await run(await startUvicorn(python, 'naive'), load, context, false) } : {}),
  }
  const samples = await interleave(rounds, variants as Record<Server, () => Promise<Sample>>)
  const clients = `${load.sessions} sessions${load.deflate ? ', clients that offer compression' : ''}`
  const line = (key: string, what: string, unit: string, better: Figure['better'], other: keyof typeof NAMES): Figure => ({
    what: `${what}, ${clients}`,
    unit,
    better,
    ours: middle(samples.vigia, key),
    ...(samples[other]
      ? { than: { name: NAMES[other], value: middle(samples[other], key) }, ...ratioOf(samples.vigia, samples[other], key) }
      : { note: 'Python with fastapi, uvicorn and websockets is not here: without its figure' }),
  })
  return [
    { ...line('perCore', 'sessions that one core carries', 'sessions', 'more', 'naive'), goal: { of: 'ratio', min: 2 } },
    line('perCore', 'the same', 'sessions', 'more', 'counter'),
    line('usPerChunk', 'gateway CPU per chunk of 100 ms', 'µs', 'less', 'naive'),
    line('kbPerSession', 'memory per session after the run', 'kB', 'less', 'naive'),
  ]
}

async function run(
  server: MeasuredServer,
  { sessions, deflate }: Load,
  { by }: RowContext,
  acknowledges: boolean,
): Promise<Sample> {
  await using running = server
  const idle = rssBytes(running.pid)
  const config = { results: 'end', analyze: false, diarize: false }
  const fleet = await Fleet.open(running.url, { sessions, config, deflate, ...(deflate ? { audio: dialogue() } : {}) })
  await fleet.warmUp(by({ smoke: 500, short: 20_000, full: 20_000 }), 5000)
  await fleet.stream(by({ smoke: 300, short: 2000, full: 3000 }))
  const chunks = fleet.sentChunks
  const before = cpuMs(running.pid)
  await fleet.stream(by({ smoke: 1000, short: 6000, full: 12_000 }))
  const spentMs = cpuMs(running.pid) - before
  const measured = fleet.sentChunks - chunks
  const bytes = rssBytes(running.pid) - idle
  if (acknowledges) await fleet.settled()
  else await fleet.counted()
  fleet.drop()
  const usPerChunk = (spentMs * 1000) / measured
  return { usPerChunk, perCore: 100_000 / usPerChunk, kbPerSession: bytes / 1024 / sessions }
}
