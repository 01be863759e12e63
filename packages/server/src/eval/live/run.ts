import { openEspeak } from '../../engines/adapters/espeak/espeak.ts'
import { check, type Facts, factsOf } from './check.ts'
import { playScenario } from './play.ts'
import type { Lane, Scenario } from './scenario.ts'
import { openStage } from './stage.ts'
import { buzzVoices, spokenVoices } from './voices.ts'

/** Scenarios through the lanes. A lane that cannot run here is skipped and says so: skipped is never passed. */

export interface Outcome {
  scenario: string
  lane: Lane
  status: 'passed' | 'failed' | 'skipped'
  complaints: string[]
  facts: Facts | null
}

export interface RunOptions {
  lanes: readonly Lane[]
  onOutcome?: (outcome: Outcome) => void
}

export async function runScenarios(scenarios: readonly Scenario[], { lanes, onOutcome }: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome)
    onOutcome?.(outcome)
  }
  for (const lane of lanes) {
    const mine = scenarios.filter((scenario) => scenario.lanes.includes(lane))
    if (lane === 'models') {
      const reason = 'this lane plays in real time against a running server with models: vigia eval live --url'
      for (const { name } of mine) tell({ scenario: name, lane, status: 'skipped', complaints: [reason], facts: null })
    } else await runLane(lane, mine, tell)
  }
  return outcomes
}

async function runLane(
  lane: Exclude<Lane, 'models'>,
  scenarios: readonly Scenario[],
  tell: (outcome: Outcome) => void,
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const stage = stack.use(await openStage(lane))
  const voices = lane === 'decisions' ? buzzVoices : spokenVoices(stack.use(await openEspeak()))
  for (const scenario of scenarios) {
    try {
      const performance = await playScenario(stage, scenario, voices)
      const complaints = check(performance, scenario.expect)
      const status = complaints.length === 0 ? 'passed' : 'failed'
      if (status === 'failed' && process.env.VIGIA_EVAL_TRACE) trace(scenario.name, performance.received)
      tell({ scenario: scenario.name, lane, status, complaints, facts: factsOf(performance) })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      tell({ scenario: scenario.name, lane, status: 'failed', complaints: [message], facts: null })
    }
  }
}

/** Every message but sound, for whoever looks for the reason. */
function trace(name: string, received: readonly { atMs: number; message: { type: string } }[]): void {
  console.error(`--- ${name}`)
  for (const { atMs, message } of received) {
    if (!['reply_audio', 'ack', 'config_ack', 'turn_trace'].includes(message.type)) console.error(atMs, JSON.stringify(message))
  }
}
