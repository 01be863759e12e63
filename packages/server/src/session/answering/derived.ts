import type { AssistantSettings, HistoryBudget } from '../assistant.ts'
import { DEFAULT_TURN, type TurnOptions, type TurnSettings } from '../turn/types.ts'
import { wordsOf } from '../turn/words.ts'
import type { AssistantOptions } from './assistant-options.ts'

/** What follows from the settings of a session and the engines of this machine. Pure. */

/** Tokens of the conversation that the model is shown, unless the client says otherwise. */
const HISTORY = { triggerTokens: 3000, targetTokens: 1500 }
/** Of a model's context: most of it, less what instructions, tools, a photo's description and the answer take. */
const HISTORY_SHARE = { most: 0.75, least: 0.25 }
const RESERVED_TOKENS = 1000

export function turnOptionsOf({ maxTurnDelayMs }: AssistantSettings, { turn }: Pick<AssistantOptions, 'turn'>): TurnOptions {
  return { ...DEFAULT_TURN, ...turn, ...(maxTurnDelayMs === undefined ? {} : { maxDelayMs: maxTurnDelayMs }) }
}

export function turnSettingsOf(
  { listen, turnDetection, autoReply, bargeIn, names }: AssistantSettings,
  { aec, engines }: Pick<AssistantOptions, 'aec' | 'engines'>,
): TurnSettings {
  return {
    listen,
    turnDetection,
    autoReply,
    bargeIn,
    names: names.map((name) => wordsOf(name).join(' ')).filter((name) => name !== ''),
    aec,
    speculate: !engines.omni,
    omni: engines.omni != null,
  }
}

/** What was asked for, as far as the model has room for it. */
export function historyBudgetOf({ history }: AssistantSettings, { engines }: Pick<AssistantOptions, 'engines'>): HistoryBudget {
  const { triggerTokens, targetTokens } = history ?? HISTORY
  const context = (engines.omni ?? engines.llm)?.capabilities.contextTokens ?? Number.POSITIVE_INFINITY
  const left = Math.max(context - RESERVED_TOKENS, context * HISTORY_SHARE.least)
  const room = Math.floor(Math.min(left, context * HISTORY_SHARE.most))
  return { triggerTokens: Math.min(triggerTokens, room), targetTokens: Math.min(targetTokens, room / 2) }
}
