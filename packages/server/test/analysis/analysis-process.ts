import type { Report } from '@vigia/protocol'
import { analyze } from '../../src/analysis/pipeline.ts'
import { scriptedLlm } from '../../src/analysis/testing/scripted-llm.ts'
import { Finalizer, type FinalizerDeps } from '../../src/session/finalizer.ts'
import { systemClock } from '../../src/std/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { longSession } from './long-session.ts'

/**
 * Finishes the session `long` of a data folder from its stored segments, with the scripted model. Prints a line at each
 * boundary, and stands still at the one that it is told to stop at: the test kills it there. Boundaries are the stages
 * (`clean`, `extractive`, `model 3` …), the reports as they are stored (`report 1`, `report 2`), their announcement (`report told`), the end (`closed`), and
 * each question to the model (`asked 2`).
 */

const [dataDir = '', hours = '3', stopAt = ''] = process.argv.slice(2)
const passed = new Set<string>()

/** Blocks the whole process, so that nothing after the boundary happens. */
function boundary(name: string): void {
  if (passed.has(name)) return
  passed.add(name)
  console.log(name)
  if (name === stopAt) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600_000)
}

const gold = longSession(Number(hours))
let calls = 0
const llm = scriptedLlm(gold, {
  contextTokens: 8192,
  before: () => boundary(`asked ${++calls}`),
})
await using store = await openSqliteStore({ dataDir, flushMs: 20 })
const reports: Report[] = []
const deps: FinalizerDeps = {
  store,
  engines: () => ({ vad: null, finalAsr: null, diarizer: null, llm, names: () => ({}), info: () => ({}) }) as never,
  makeDecoder: () => Promise.reject(new Error('not needed')),
  endpointing: {} as never,
  parallel: 1,
  analyze: (input, signal, onProgress, model) => analyze(input, { signal, onProgress, ...model }),
  publish: (_, event) => {
    if (event.type === 'report') boundary(`report ${reports.push(event.report)}`)
    if (event.type === 'closed') boundary('closed')
    if (event.type !== 'progress') return
    if (event.stage === 'model') console.log(`progress ${event.done} ${event.total}`)
    boundary(event.stage === 'model' ? `model ${event.done}` : event.stage)
  },
  onReport: async () => boundary('report told'),
  timeZone: 'Europe/Madrid',
  clock: systemClock,
}
await new Finalizer(deps).run(
  { id: 1, kind: 'finalize', sessionId: 'long', payload: { reuseTranscript: true }, attempts: 1 },
  new AbortController().signal,
)
console.log(
  `done ${calls} ${reports.map(({ analysis }) => analysis.method).join(',')} ${Math.round(process.resourceUsage().maxRSS / 1024)}`,
)
