import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import type { IgnoredReason } from '../assistant.ts'
import { FIRST_NAMES } from './first-names.ts'
import type { TurnState } from './types.ts'
import { isBackchannel, isFiller, isStop, overlapShare, soundShare, wordsOf } from './words.ts'

/**
 * "Was I addressed?", the layers that cost nothing, cheapest first. What they leave open goes to a judge, or to the default of
 * the mode.
 */

export type Verdict =
  | { addressed: true; reason: string }
  | { addressed: false; reason: IgnoredReason; why: string }
  | { addressed: 'ask'; reason: string }

/** Share of words that must be ours to be an echo, and the least number of them. */
const ECHO_SHARE = 0.7
const ECHO_WORDS = 2
/** The same by sounds, where the words came back changed. */
const ECHO_SOUND_SHARE = 0.6

/** True when these words are what we are saying or have just said. */
export function isEcho(state: TurnState, words: readonly string[], nowMs: number): boolean {
  if (state.settings.aec === 'active') return false
  const least = state.settings.aec === 'none' ? 1 : ECHO_WORDS
  if (words.length < least) return false
  const spoken = state.echoes.filter((echo) => echo.untilMs >= nowMs).flatMap((echo) => echo.words)
  return overlapShare(words, spoken) >= ECHO_SHARE || soundShare(words, spoken) >= ECHO_SOUND_SHARE
}

/** Words that may stand before a name that calls somebody. */
const CALLS = new Set('oye oiga eh hola hey hi hello ok okay bueno a ver por favor escucha listen mira'.split(' '))

/**
 * True when a name is called and not only mentioned: at the start (perhaps after "oye"), or at the very end of a request.
 *
 * @param names - folded, one or several words each
 */
export function isVocative(words: readonly string[], names: readonly string[]): boolean {
  for (const name of names) {
    const parts = name.split(' ')
    for (let at = 0; at + parts.length <= words.length; at += 1) {
      if (!parts.every((part, i) => words[at + i] === part)) continue
      const before = words.slice(0, at)
      const after = words.slice(at + parts.length)
      const opens = before.length <= 3 && before.every((word) => CALLS.has(word)) && !MENTIONS.has(after[0] ?? '')
      const closes = after.length === 0 && before.length > 0 && !PREPOSITIONS.has(before.at(-1)!)
      if (opens || closes) return true
    }
  }
  return false
}

/** "Vigía es un programa": a name followed by these is spoken of, not to. */
const MENTIONS = new Set('es era fue esta estaba son dice dijo tiene is was has says said'.split(' '))
const PREPOSITIONS = new Set('de con a para por sin sobre en al del el la of with to for about the que and y o'.split(' '))

/**
 * The verdict on a finished turn of the microphone.
 *
 * @param familiarity - whose voice it is, where voices are enrolled; what cannot be told silences nobody
 */
export function addressedByRules(
  state: TurnState,
  text: string,
  nowMs: number,
  followUpMs: number,
  familiarity: Familiarity | null = null,
): Verdict {
  const { settings } = state
  const words = wordsOf(text)
  const asked = state.askedBack && state.answeredMs !== null && nowMs - state.answeredMs <= followUpMs
  if (isVocative(words, settings.names)) return { addressed: true, reason: 'called by name' }
  if (settings.listen === 'push_to_talk') return { addressed: true, reason: 'push to talk' }
  if (isFiller(words)) return { addressed: false, reason: 'filler', why: 'nothing but hesitation' }
  if (isEcho(state, words, nowMs)) return { addressed: false, reason: 'echo', why: 'our own words came back' }
  if (isBackchannel(words) && !asked) return { addressed: false, reason: 'backchannel', why: 'an acknowledgement' }
  if (asked) return { addressed: true, reason: 'answers what we asked' }
  if (familiarity === 'stranger') return { addressed: false, reason: 'other_person', why: 'a voice that is not enrolled' }
  const whose = familiarity === 'enrolled' ? ', an enrolled voice' : ''
  if (settings.listen === 'conversation' && callsSomebodyElse(text, settings.names)) {
    return { addressed: false, reason: 'other_person', why: 'called somebody else by name' }
  }
  const followUp = state.answeredMs !== null && nowMs - state.answeredMs <= followUpMs
  if (settings.listen === 'always_on') {
    if (followUp && isStop(words)) return { addressed: true, reason: 'asks for silence' }
    return { addressed: 'ask', reason: (followUp ? 'soon after an answer' : 'open talk') + whose }
  }
  return { addressed: true, reason: (followUp ? 'follows an answer' : 'conversation') + whose }
}

/** "Oye María, ven": a person's name is called, and it is not ours. */
export function callsSomebodyElse(text: string, names: readonly string[]): boolean {
  const words = wordsOf(text)
  if (!['oye', 'oiga', 'hey', 'eh', 'mira', 'escucha'].includes(words[0] ?? '')) return false
  const name = words[1] ?? ''
  return FIRST_NAMES.has(name) && !names.includes(name)
}
