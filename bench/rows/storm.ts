import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { Fleet } from '../lib/fleet.ts'
import { type MeasuredServer, pythonWith, startUvicorn, startVigia } from '../lib/processes.ts'
import type { Row } from '../lib/row.ts'
import { interleave, middle, percentile, ratioOf, type Sample } from '../lib/stats.ts'

/** Every client loses its socket at once and comes back at once: Vigía resumes each session, the other begins anew. */
export const storm: Row = {
  name: 'storm',
  title: 'Reconnect storm: all clients drop and come back at the same moment',
  async run(context) {
    const python = await pythonWith(['fastapi', 'uvicorn', 'websockets'])
    const sessions = context.by({ smoke: 20, short: 200, full: 500 })
    const storming = async (server: MeasuredServer): Promise<Sample> => {
      await using running = server
      const fleet = await Fleet.open(running.url, { sessions, config: { results: 'end', analyze: false } })
      await fleet.stream(1500)
      fleet.drop()
      const times = await fleet.reconnect(running.url)
      fleet.drop()
      return { median: percentile(times, 0.5), last: Math.max(...times) }
    }
    const variants = {
      vigia: async () => await storming(await startVigia(await mkdtemp(path.join(context.dir, 'storm-')))),
      ...(python ? { naive: async () => await storming(await startUvicorn(python, 'naive')) } : {}),
    } as Record<'vigia' | 'naive', () => Promise<Sample>>
    const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), variants)
    const line = (key: string, what: string) => ({
      what: `${what}, ${sessions} sessions`,
      unit: 'ms',
      better: 'less' as const,
      ours: middle(samples.vigia, key),
      ...(samples.naive
        ? {
            than: { name: 'FastAPI, new sessions', value: middle(samples.naive, key) },
            ...ratioOf(samples.vigia, samples.naive, key),
          }
        : {}),
    })
    return [line('median', 'resumed, median'), line('last', 'all resumed')]
  },
}
