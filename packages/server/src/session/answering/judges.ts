import type { ListenMode } from '../assistant.ts'
import type { TurnEffect, TurnInput } from '../turn/types.ts'
import { judgeAddressed } from './addressed-judge.ts'
import type { AssistantOptions } from './assistant-options.ts'
import type { Conversation } from './conversation.ts'
import { answerLanguage } from './texts.ts'

/** Asks the judges of a turn: is it over, and was it meant for the assistant? */

type Asked<T extends 'ask_judge' | 'ask_addressed'> = Extract<TurnEffect, { type: T }>
type JudgeDeps = Pick<AssistantOptions, 'engines' | 'clock' | 'language' | 'recentAudio'>

/** Sound that a turn judge looks at. */
const JUDGE_AUDIO_MS = 8000
/** Messages of the conversation that the judge of "was I addressed?" reads. */
const BEFORE = 8

/** Without any judge a short silence is the end of the turn. @throws VigiaError of the judge */
export async function askTurnJudge(
  { turn, revision, text }: Asked<'ask_judge'>,
  { engines, language, recentAudio }: JudgeDeps,
  signal: AbortSignal,
): Promise<TurnInput> {
  if (!engines.judge) return { type: 'judged', turn, revision, probability: 1 }
  const audio = recentAudio(JUDGE_AUDIO_MS) ?? { samples: new Int16Array(0), startMs: 0 }
  const question = { audio, text, language: answerLanguage(language) }
  return { type: 'judged', turn, revision, probability: await engines.judge.judge(question, signal) }
}

/** Without a verdict the default of the mode holds: silence in open talk, an answer else. */
export async function askAddressedJudge(
  { turn, revision, text, familiarity }: Asked<'ask_addressed'>,
  { engines, clock, language }: JudgeDeps,
  { listen, names, conversation }: { listen: ListenMode; names: readonly string[]; conversation: Conversation },
  signal: AbortSignal,
): Promise<TurnInput> {
  const before = conversation.state.messages.slice(-BEFORE).map((message) => `${message.role}: ${message.text}`)
  const question = { text, names, before, language, isEnrolled: familiarity === 'enrolled' }
  const verdict = engines.llm ? await judgeAddressed(engines.llm, question, clock, signal) : null
  const reason = verdict !== null ? 'the language model judged' : engines.llm ? 'no verdict in time' : 'no judge here'
  return {
    type: 'addressed',
    turn,
    revision,
    addressed: verdict ?? listen !== 'always_on',
    reason: verdict === null ? `${reason}: the default of "${listen}"` : reason,
  }
}
