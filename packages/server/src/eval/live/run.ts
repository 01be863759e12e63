import { openEspeak } from '../../engines/adapters/espeak/espeak.ts'
import { check, type Facts, factsOf } from './check.ts'
import { hangsOnScript, type ModelsSetup, openModelStage, withoutScript } from './model-stage.ts'
import { playScenario } from './play.ts'
import type { Lane, Scenario } from './scenario.ts'
import { openStage, type Stage } from './stage.ts'
import { buzzVoices, spokenVoices, type Voices } from './voices.ts'

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
  /** What the lane `models` runs on; without it that lane is skipped. */
  models?: ModelsSetup
}

type Tell = (outcome: Outcome) => void

export async function runScenarios(scenarios: readonly Scenario[], { lanes, onOutcome, models }: RunOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const tell: Tell = (outcome) => {
    outcomes.push(outcome)
    onOutcome?.(outcome)
  }
  for (const lane of lanes) {
    const mine = scenarios.filter((scenario) => scenario.lanes.includes(lane))
    if (lane === 'models') await runModels(mine, models, tell)
    else await runScripted(lane, mine, tell)
  }
  return outcomes
}

async function runScripted(lane: Exclude<Lane, 'models'>, scenarios: readonly Scenario[], tell: Tell): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const stage = stack.use(await openStage(lane))
  const voices = lane === 'decisions' ? buzzVoices : spokenVoices(stack.use(await openEspeak()))
  for (const scenario of scenarios) tell(await perform(stage, scenario, lane, voices))
}

async function runModels(scenarios: readonly Scenario[], setup: ModelsSetup | undefined, tell: Tell): Promise<void> {
  const skip = ({ name }: Scenario, reason: string): void =>
    tell({ scenario: name, lane: 'models', status: 'skipped', complaints: [reason], facts: null })
  await using stack = new AsyncDisposableStack()
  const stage = setup ? await openModelStage(setup) : { missing: 'no configuration was given' }
  if ('missing' in stage) {
    for (const scenario of scenarios) skip(scenario, stage.missing)
    return
  }
  stack.use(stage)
  const voices = spokenVoices(stage.tts, { ownVoice: true })
  for (const scenario of scenarios) {
    const reason = hangsOnScript(scenario)
    if (reason) skip(scenario, reason)
    else tell(await perform(stage, { ...scenario, expect: withoutScript(scenario.expect, scenario.model) }, 'models', voices))
  }
}

async function perform(stage: Stage, scenario: Scenario, lane: Lane, voices: Voices): Promise<Outcome> {
  try {
    const performance = await playScenario(stage, scenario, voices)
    const complaints = check(performance, scenario.expect)
    const status = complaints.length === 0 ? 'passed' : 'failed'
    if (status === 'failed' && process.env.VIGIA_EVAL_TRACE) trace(scenario.name, performance.received)
    return { scenario: scenario.name, lane, status, complaints, facts: factsOf(performance) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { scenario: scenario.name, lane, status: 'failed', complaints: [message], facts: null }
  }
}

/** Every message but sound, for whoever looks for the reason. */
function trace(name: string, received: readonly { atMs: number; message: { type: string } }[]): void {
  console.error(`--- ${name}`)
  for (const { atMs, message } of received) {
    if (!['reply_audio', 'ack', 'config_ack', 'turn_trace'].includes(message.type)) console.error(atMs, JSON.stringify(message))
  }
}
