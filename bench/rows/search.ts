import { openSqliteStore } from '../../packages/server/src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../packages/server/src/store/store.ts'
import { pythonWith } from '../lib/processes.ts'
import { runPython } from '../lib/python.ts'
import type { Row } from '../lib/row.ts'
import { median } from '../lib/stats.ts'
import { talk } from '../lib/talk.ts'

/** Full-text search over many sessions: the index beside a scan of everything in memory. */
export const search: Row = {
  name: 'search',
  title: 'Search of what was said',
  async run(context) {
    const sessions = context.by({ smoke: 100, short: 2000, full: 10_000 })
    await using store = await openSqliteStore({ dataDir: context.dir })
    const texts: string[][] = []
    const begin = performance.now()
    for (let at = 0; at < sessions; at += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, sessions - at) }, (_, i) => at + i)
      texts.push(...(await Promise.all(batch.map((index) => seed(store, index)))))
    }
    const seconds = (performance.now() - begin) / 1000
    context.say(`  stored ${sessions} sessions in ${seconds.toFixed(1)} s`)
    const times: number[] = []
    for (const query of QUERIES) {
      await store.search(query, { limit: 50 })
      const start = performance.now()
      const hits = await store.search(query, { limit: 50 })
      times.push(performance.now() - start)
      if (hits.length === 0) throw new Error(`nothing was found for "${query}"`)
    }
    const ours = median(times)
    const python = await pythonWith(['json'])
    const lines = [JSON.stringify(QUERIES), ...texts.map((one) => JSON.stringify(one))]
    const scan = python ? Number(await runPython(python, 'naive_search.py', lines.join('\n'))) : null
    return [
      {
        what: `50 best of ${sessions} sessions, ${texts[0]!.length * sessions} segments, median of ${QUERIES.length} queries`,
        unit: 'ms',
        better: 'less',
        ours,
        ...(scan === null ? {} : { than: { name: 'Python, scan in memory', value: scan }, ratio: ours / scan }),
      },
      {
        what: `sessions stored durably per second, ${texts[0]!.length} segments each`,
        unit: 'sessions',
        better: 'more',
        ours: sessions / seconds,
      },
    ]
  },
}

const BATCH = 200
const QUERIES = ['orquidea', 'servidor zafiro', 'Kioto contrato', 'lapislázuli', 'presupuesto noria', 'obsid']
/** Words that few sessions hold, as what people search for is. */
const RARE = ['orquídea', 'servidor zafiro', 'contrato de Kioto', 'lapislázuli', 'presupuesto de la noria', 'obsidiana']

async function seed(store: Store, index: number): Promise<string[]> {
  const id = `s${index}`
  await store.sessions.create({
    id,
    owner: null,
    format: { encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
  const segments = talk(100, index + 1)
  const rare = index % 13 === 0 ? RARE[(index / 13) % RARE.length] : undefined
  if (rare) segments[3]!.text = `Y después hablamos de ${rare} con calma.`
  await store.segments.upsert(
    id,
    segments.map((segment) => ({ ...segment, pass: 'final' as const })),
  )
  return segments.map(({ text }) => text)
}
