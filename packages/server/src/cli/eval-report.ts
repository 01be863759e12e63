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
  paths: Record<string, { totals: Totals; sessions: SessionScore[]; fallbacks: number }>
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
  else print(evaluation, opened.app.engines.llm, own.sessions === true)
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
  try {
    for (const session of gold) {
      const report = await analyze(toInput(session), { llm })
      if (llm && report.analysis.method !== 'llm') fallbacks++
      sessions.push(scoreReport(session, report))
      bar.update('report', sessions.length, gold.length)
    }
  } finally {
    bar.end()
  }
  return { totals: totalsOf(sessions), sessions, fallbacks }
}

function print({ paths }: ReportEvaluation, llm: Llm | null, each: boolean): void {
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
  if (!llm) console.log('No language model is configured: only the rules were measured. docs/llm.md tells how to add one.')
}
