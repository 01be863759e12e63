import type { EngineInfo } from '@vigia/protocol'
import { type GoldSession, readGold, toInput } from '../analysis/eval/gold.ts'
import { KINDS, type SessionScore, scoreReport } from '../analysis/eval/score.ts'
import { type Totals, tableOf, totalsOf } from '../analysis/eval/totals.ts'
import { analyze } from '../analysis/pipeline.ts'
import type { Llm } from '../engines/llm.ts'
import { openPrivateApp } from './analyze.ts'
import { parseFlags } from './flags.ts'
import { ProgressBar } from './progress-bar.ts'

/** `vigia eval report --data DIR`: reports of gold sessions, by rules and by the language model, side by side. */

const HELP = `vigia eval report --data DIR [options] [settings]

Makes the reports of the gold sessions in DIR (*.yaml, see docs/analysis.md) by rules alone and, where the settings give a
language model, with it, and compares both with what a careful reader found.

  --data DIR     folder with gold sessions
  --held         only the sessions that are kept apart
  --open         only the others
  --sessions     a line for each session
  --json         scores as JSON`

export interface ReportEvaluation {
  paths: Record<string, { totals: Totals; sessions: SessionScore[]; fallbacks: number; cost: Cost }>
}

/** Of the model; sessions of the gold set have one line in five seconds. */
interface Cost {
  seconds: number
  tokens: number
  /** Hours of talk. */
  hours: number
}

export async function evalReport(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    data: { type: 'string' },
    held: { type: 'boolean' },
    open: { type: 'boolean' },
    sessions: { type: 'boolean' },
    json: { type: 'boolean' },
  })
  if (own.help || typeof own.data !== 'string') {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  const gold = (await readGold(own.data)).filter(({ held }) => (own.held ? held : own.open ? !held : true))
  await using opened = await openPrivateApp(settings)
  const evaluation = await evaluateReports(gold, opened.app.engines.llm)
  if (own.json) console.log(JSON.stringify(evaluation, null, 2))
  else print(evaluation, opened.app.engines.info().llm, own.sessions === true)
  return Object.values(evaluation.paths).every(({ totals }) => totals.valid === 1) ? 0 : 1
}

/** Both paths over all sessions; only rules without a model. */
export async function evaluateReports(gold: readonly GoldSession[], llm: Llm | null): Promise<ReportEvaluation> {
  const rules = await evaluatePath(gold, null)
  const paths = { rules, ...(llm ? { [llm.model]: await evaluatePath(gold, llm) } : {}) }
  return { paths }
}

async function evaluatePath(gold: readonly GoldSession[], llm: Llm | null): Promise<ReportEvaluation['paths'][string]> {
  const bar = new ProgressBar(process.stderr, llm?.model ?? 'rules')
  const sessions: SessionScore[] = []
  let fallbacks = 0
  const cost: Cost = { seconds: 0, tokens: 0, hours: 0 }
  try {
    for (const session of gold) {
      const input = toInput(session)
      const report = await analyze(input, { llm: llm && counted(llm, cost) })
      cost.hours += input.durationMs / 3_600_000
      if (llm && report.analysis.method !== 'llm') fallbacks++
      sessions.push(scoreReport(session, report))
      bar.update('report', sessions.length, gold.length)
    }
  } finally {
    bar.end()
  }
  return { totals: totalsOf(sessions), sessions, fallbacks, cost }
}

/** The model, with what it takes added up. */
function counted(llm: Llm, cost: Cost): Llm {
  return {
    id: llm.id,
    model: llm.model,
    capabilities: llm.capabilities,
    async *generate(request, signal) {
      const from = performance.now()
      try {
        for await (const event of llm.generate(request, signal)) {
          if (event.type === 'done') cost.tokens += event.usage.inputTokens + event.usage.outputTokens
          yield event
        }
      } finally {
        cost.seconds += (performance.now() - from) / 1000
      }
    },
    countTokens: (text) => llm.countTokens(text),
    [Symbol.asyncDispose]: () => llm[Symbol.asyncDispose](),
  }
}

function print({ paths }: ReportEvaluation, llm: EngineInfo | undefined, each: boolean): void {
  if (each)
    for (const [name, { sessions }] of Object.entries(paths))
      for (const { id, items, violations } of sessions) {
        const counts = KINDS.map(
          (kind) => `${kind} ${items[kind].matched}/${items[kind].gold} (+${items[kind].found - items[kind].matched})`,
        )
        console.log(`${name.padEnd(20)} ${id.padEnd(10)} ${counts.join('  ')}  must-not ${violations.length}`)
      }
  console.log(tableOf(Object.fromEntries(Object.entries(paths).map(([name, { totals }]) => [name, totals]))))
  for (const [name, { fallbacks }] of Object.entries(paths))
    if (fallbacks > 0) console.log(`${name}: ${fallbacks} sessions fell back to rules.`)
  for (const [name, { cost }] of Object.entries(paths))
    if (cost.tokens > 0) {
      const [seconds, tokens] = [cost.seconds / cost.hours, cost.tokens / cost.hours]
      console.log(`${name}: ${seconds.toFixed(0)} s and ${tokens.toFixed(0)} tokens for an hour of talk.`)
    }
  if (!llm) console.log('No language model is configured: only the rules were measured. docs/llm.md tells how to add one.')
  else if (!llm.available) console.log(`The language model is not available: only the rules were measured. ${llm.note ?? ''}`)
}
