import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { Fleet } from '../lib/fleet.ts'
import { type MeasuredServer, pythonWith, startCounter, startUvicorn, startVigia } from '../lib/processes.ts'
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
    for (const sessions of counts) figures.push(...(await measure(context, python, sessions)))
    return figures
  },
}

async function measure(context: RowContext, python: string | null, sessions: number): Promise<Figure[]> {
  const rounds = context.by({ smoke: 1, short: 3, full: 5 })
  const vigia = async (): Promise<Sample> => {
    const dataDir = await mkdtemp(path.join(context.dir, 'ingest-'))
    return await load(await startVigia(dataDir), sessions, context, true)
  }
  const counter = async (): Promise<Sample> => await load(await startCounter(), sessions, context, false)
  const naive = async (): Promise<Sample> => await load(await startUvicorn(python!, 'naive'), sessions, context, false)
  const samples = await interleave<'vigia' | 'counter' | 'naive'>(rounds, {
    vigia,
    counter,
    ...(python ? { naive } : {}),
  } as Record<'vigia' | 'counter' | 'naive', () => Promise<Sample>>)

  const line = (
    key: string,
    what: string,
    unit: string,
    better: 'more' | 'less',
    other: 'naive' | 'counter',
    goal?: Figure['goal'],
  ) => ({
    what: `${what}, ${sessions} sessions`,
    unit,
    better,
    ours: middle(samples.vigia, key),
    ...(samples[other]
      ? {
          than: { name: NAMES[other], value: middle(samples[other], key) },
          ...ratioOf(samples.vigia, samples[other], key),
          ...(goal ? { goal } : {}),
        }
      : { note: 'Python with fastapi, uvicorn and websockets is not here: without its figure' }),
  })
  return [
    line('perCore', 'sessions that one core carries', 'sessions', 'more', 'naive', { of: 'ratio', min: 2 }),
    line('perCore', 'the same', 'sessions', 'more', 'counter'),
    line('usPerChunk', 'gateway CPU per chunk of 100 ms', 'µs', 'less', 'naive'),
    line('kbPerSession', 'memory per session after the run', 'kB', 'less', 'naive'),
  ]
}

const NAMES = { naive: 'FastAPI, bytearray', counter: 'ws, counting' }

async function load(server: MeasuredServer, sessions: number, { by }: RowContext, acknowledges: boolean): Promise<Sample> {
  await using running = server
  const idle = rssBytes(running.pid)
  const config = { results: 'end', analyze: false, diarize: false }
  const fleet = await Fleet.open(running.url, { sessions, config })
  await fleet.stream(by({ smoke: 300, short: 2000, full: 3000 })) // compilers warm up
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
