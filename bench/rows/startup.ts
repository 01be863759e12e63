import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { pythonWith, startUvicorn, startVigia } from '../lib/processes.ts'
import type { Row } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { descendants, rssBytes } from '../lib/usage.ts'

/** From the command to the first answer of the health route, with voice detector and recognizer loaded; and idle memory. */
export const startup: Row = {
  name: 'startup',
  title: 'Start and rest',
  async run(context) {
    const python = await pythonWith(['fastapi', 'uvicorn', 'websockets'])
    const vigia = async (): Promise<Sample> => {
      await using server = await startVigia(await mkdtemp(path.join(context.dir, 'start-')))
      const engines = descendants(server.pid).reduce((sum, pid) => sum + rssBytes(pid), 0)
      return { ms: server.startMs, mb: rssBytes(server.pid) / 2 ** 20, enginesMb: engines / 2 ** 20 }
    }
    const naive = async (): Promise<Sample> => {
      await using server = await startUvicorn(python!, 'naive')
      return { ms: server.startMs, mb: rssBytes(server.pid) / 2 ** 20 }
    }
    const rounds = context.by({ smoke: 1, short: 5, full: 9 })
    const samples = await interleave(rounds, { vigia, ...(python ? { naive } : {}) } as Record<
      'vigia' | 'naive',
      () => Promise<Sample>
    >)
    const beside = (key: string) =>
      samples.naive
        ? {
            than: { name: 'FastAPI, bytearray', value: middle(samples.naive, key) },
            ...ratioOf(samples.vigia, samples.naive, key),
          }
        : {}
    return [
      {
        what: 'start to ready',
        unit: 'ms',
        better: 'less',
        ours: middle(samples.vigia, 'ms'),
        ...beside('ms'),
        goal: { of: 'ours', max: 2000 },
      },
      { what: 'memory of the gateway at rest', unit: 'MB', better: 'less', ours: middle(samples.vigia, 'mb'), ...beside('mb') },
      { what: 'memory of the engine processes at rest', unit: 'MB', better: 'less', ours: middle(samples.vigia, 'enginesMb') },
    ]
  },
}
