import type { Report } from '@vigia/protocol'
import { analyze } from '../../src/analysis/pipeline.ts'
import { scriptedLlm } from '../../src/analysis/testing/scripted-llm.ts'
import { Finalizer, type FinalizerDeps } from '../../src/session/finalizer.ts'
import { systemClock } from '../../src/std/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { longSession } from './long-session.ts'

/**
 * Finishes the session `long` of a data folder from its stored segments, with the scripted model. Prints a line before each
 * answer of the model, and waits there for ever at the one that it is told to stop at: the test kills it.
 */

const [dataDir = '', hours = '3', stopAt = '0'] = process.argv.slice(2)
const gold = longSession(Number(hours))
let calls = 0
const llm = scriptedLlm(gold, {
  contextTokens: 8192,
  before: async () => {
    calls++
    console.log(`asked ${calls}`)
    if (calls === Number(stopAt)) await new Promise((resolve) => setTimeout(resolve, 600_000))
  },
})
await using store = await openSqliteStore({ dataDir, flushMs: 20 })
const reports: Report[] = []
const deps: FinalizerDeps = {
  store,
  engines: () => ({ vad: null, finalAsr: null, diarizer: null, llm, names: () => ({}) }) as never,
  makeDecoder: () => Promise.reject(new Error('not needed')),
  endpointing: {} as never,
  parallel: 1,
  analyze: (input, signal, onProgress, model) => analyze(input, { signal, onProgress, ...model }),
  publish: (_, event) => {
    if (event.type === 'report') reports.push(event.report)
    if (event.type === 'progress' && event.stage === 'model') console.log(`progress ${event.done} ${event.total}`)
  },
  timeZone: 'Europe/Madrid',
  clock: systemClock,
}
await new Finalizer(deps).run(
  { id: 1, kind: 'finalize', sessionId: 'long', payload: { reuseTranscript: true }, attempts: 1 },
  new AbortController().signal,
)
console.log(
  `done ${calls} ${reports.map(({ analysis }) => analysis.method).join(',')} ${Math.round(process.memoryUsage().rss / 2 ** 20)}`,
)
