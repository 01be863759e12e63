import path from 'node:path'
import { type Outcome, runScenarios } from '../eval/live/run.ts'
import { LANES, type Lane, readScenarios } from '../eval/live/scenario.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia eval live`: scripted conversations against a server of this version. */

const SCENARIOS = path.join(import.meta.dirname, '../../test/scenarios')

const HELP = `vigia eval live [options] [settings]

Plays scripted conversations into a real server on a virtual clock and checks what was answered, what was ignored and when it fell
silent. A lane that cannot run here is skipped, and skipped is not passed. The lane "models" takes the engines of the configuration
(recognizer, language model, voice) and checks what a script cannot say beforehand: who is answered, when it falls silent.

  --scenarios DIR   folder of YAML files (the ones that come with Vigía)
  --lane NAME       decisions, embedded or models; may be repeated (all)
  --only TEXT       scenarios whose name holds this
  --json            one JSON object a line`

/** Exit code 0 when nothing failed, 1 otherwise. */
export async function evalLive(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, {
    scenarios: { type: 'string', default: SCENARIOS },
    lane: { type: 'string', multiple: true },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const values = own as unknown as { scenarios: string; lane?: string[]; only?: string; json: boolean; help?: boolean }
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const unknown = values.lane?.find((lane) => !LANES.includes(lane as Lane))
  if (unknown !== undefined) {
    console.error(`vigia eval live: expected a lane (${LANES.join(', ')}), got "${unknown}".`)
    return 2
  }
  const all = await readScenarios(values.scenarios)
  const chosen = all.filter(({ name }) => !values.only || name.includes(values.only))
  const lanes = (values.lane as Lane[] | undefined) ?? LANES
  const print = values.json ? (outcome: Outcome) => console.log(JSON.stringify(outcome)) : printOutcome
  const outcomes = await runScenarios(chosen, { lanes, onOutcome: print, models: { config: configOf(settings).config } })
  const count = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length
  if (!values.json) console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
  return count('failed') === 0 && outcomes.length > 0 ? 0 : 1
}

function printOutcome({ scenario, lane, status, complaints, facts }: Outcome): void {
  const times = facts
    ? [
        facts.stopMs === null ? '' : `stop ${facts.stopMs} ms`,
        facts.answerMs === null ? '' : `answer ${Math.round(facts.answerMs)} ms`,
      ]
    : []
  const more = [...times, ...complaints].filter((text) => text !== '').join('; ')
  console.log(`${status.padEnd(8)}${lane.padEnd(10)}${scenario}${more ? `: ${more}` : ''}`)
}
