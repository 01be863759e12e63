import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import type { IgnoredReason } from '../assistant.ts'
import { addressedByRules } from './addressed.ts'
import type { Draft } from './draft.ts'
import { cancelReply, startReply } from './replies.ts'
import { type Heard, type TurnEffect, turnId, type UserTurn } from './types.ts'
import { wordsOf } from './words.ts'

/** The user's turn: begun, continued, perhaps over, over, committed or ignored, reopened. */

export const newHeard = (id: string): Heard => ({ id, text: '', done: false, unreliable: false, familiarity: null })

/** Words of the turn, in the order in which its utterances began. */
export const turnText = (turn: UserTurn): string =>
  turn.heard
    .filter((heard) => !heard.unreliable)
    .map((heard) => heard.text.trim())
    .filter((text) => text !== '')
    .join(' ')

/** Whose voice said these words: one enrolled person among them is enough, and a stranger is only who surely is one throughout. */
export function familiarityOf(heard: readonly Heard[]): Familiarity | null {
  const voices = heard.filter((one) => one.text.trim() !== '' && !one.unreliable).map((one) => one.familiarity)
  if (voices.includes('enrolled')) return 'enrolled'
  return voices.length > 0 && voices.every((voice) => voice === 'stranger') ? 'stranger' : null
}

export function openTurn(d: Draft, heard: readonly Heard[], startMs: number, manual = false): void {
  const id = turnId(d.state.lastTurn + 1)
  const turn: UserTurn = {
    id,
    revision: 0,
    phase: 'speaking',
    heard,
    open: heard.at(-1)?.id ?? null,
    speechEndMs: startMs,
    probability: null,
    speculations: 0,
    manual,
    ignored: false,
    wanted: false,
  }
  d.set({ turn, lastTurn: d.state.lastTurn + 1 })
  d.out({ type: 'turn_started', turn: id, startMs })
  d.decide('turn_started', manual ? 'button' : 'speech')
}

/** The same turn goes on: what was answered or ignored is undone. */
export function reopenTurn(d: Draft, heard: readonly Heard[], stopped: boolean): void {
  cancelReply(d, 'turn_goes_on')
  const turn = d.state.turn!
  d.turn({
    revision: turn.revision + 1,
    phase: 'speaking',
    heard: [...turn.heard, ...heard],
    open: stopped ? null : (heard.at(-1)?.id ?? null),
    probability: null,
    speculations: 0,
    ignored: false,
  })
  d.decide('turn_reopened', 'speech soon after the end')
}

/** Speech goes on inside the turn. */
export function continueTurn(d: Draft, reason: string): void {
  const turn = d.state.turn!
  d.clear('min', 'max', 'text')
  if (turn.phase !== 'candidate') return
  learnPause(d, d.nowMs - turn.speechEndMs)
  d.turn({ phase: 'speaking', probability: null })
  if (d.state.reply?.phase === 'speculative') cancelReply(d, 'turn_goes_on')
  d.decide('turn_goes_on', reason)
}

/** Share of the newest pause in the mean. */
const PAUSE_WEIGHT = 0.2
const LONGEST_PAUSE_MS = 3000

/** A pause inside a turn teaches how long this speaker thinks. */
function learnPause(d: Draft, ms: number): void {
  if (ms <= 0 || ms > LONGEST_PAUSE_MS) return
  const { pauseMs } = d.state
  d.set({ pauseMs: pauseMs === null ? ms : pauseMs + PAUSE_WEIGHT * (ms - pauseMs) })
}

/** The least and the longest wait, by this speaker's own pauses: never below the options' minimum, at most double. */
export function delaysOf(d: Draft): { minMs: number; maxMs: number } {
  const { minDelayMs, maxDelayMs } = d.options
  const pause = d.state.pauseMs ?? 0
  return {
    minMs: Math.min(Math.max(minDelayMs, pause * 1.1), minDelayMs * 2),
    maxMs: Math.min(Math.max(maxDelayMs, pause * 2), maxDelayMs * 1.5),
  }
}

/** A short silence: perhaps the end. */
export function maybeOver(d: Draft, speechEndMs: number): void {
  const turn = d.state.turn!
  if (turn.phase !== 'speaking') return
  d.turn({ phase: 'candidate', speechEndMs, probability: null })
  if (turn.manual && d.state.holding) return // the button says when; once it is up, silence does
  const { minMs, maxMs } = delaysOf(d)
  d.timer('min', speechEndMs + minMs)
  d.timer('max', speechEndMs + maxMs)
  d.decide('candidate', 'short silence', { minMs: Math.round(minMs), maxMs: Math.round(maxMs) })
  askJudge(d)
}

export function askJudge(d: Draft): void {
  const turn = d.state.turn!
  d.out({ type: 'ask_judge', turn: turn.id, revision: turn.revision, text: turnText(turn) })
}

export function judged(d: Draft, probability: number): void {
  const turn = d.state.turn!
  if (turn.phase !== 'candidate') return
  d.turn({ probability })
  const complete = probability >= d.options.judgeThreshold
  d.decide('judged', complete ? 'sounds complete' : 'sounds unfinished', { probability: Math.round(probability * 100) / 100 })
  if (!complete) {
    if (d.state.reply?.phase === 'speculative') cancelReply(d, 'unlikely_end')
    return
  }
  if (d.nowMs >= turn.speechEndMs + delaysOf(d).minMs) endTurn(d, 'complete')
  else speculate(d)
}

/** Likely over: the answer is begun on the interim words, and kept only if they stay. */
function speculate(d: Draft): void {
  const { turn, settings, reply } = d.state
  if (!turn || !settings.speculate || !settings.autoReply || settings.listen === 'always_on' || turn.manual) return
  const text = turnText(turn)
  if (text === '' || turn.speculations >= d.options.maxSpeculations) return
  if (reply?.phase === 'speculative' && reply.promptWords === wordsOf(text).join(' ')) return
  if (reply && reply.phase !== 'speculative') return
  if (addressedByRules(d.state, text, d.nowMs, d.options.followUpMs).addressed !== true) return
  d.turn({ speculations: turn.speculations + 1 })
  startReply(d, turn, text, true)
}

/** `min` or `max` came. */
export function waited(d: Draft, name: 'min' | 'max'): void {
  const { turn } = d.state
  if (turn?.phase !== 'candidate') return
  if (name === 'max') endTurn(d, 'longest wait')
  else if (turn.probability !== null && turn.probability >= d.options.judgeThreshold) endTurn(d, 'complete')
}

/** The turn is over; its words may still be on the way. */
export function endTurn(d: Draft, reason: string): void {
  const turn = d.state.turn!
  d.clear('min', 'max')
  d.turn({ phase: 'awaiting_text' })
  d.decide('turn_end', reason, { waitedMs: Math.round(d.nowMs - turn.speechEndMs) })
  if (turn.open !== null) d.out({ type: 'end_utterance' })
  d.timer('text', d.nowMs + d.options.textDeadlineMs)
  commitWhenReady(d)
}

export function commitWhenReady(d: Draft): void {
  const { turn } = d.state
  if (turn?.phase === 'awaiting_text' && turn.heard.every((heard) => heard.done)) commit(d)
}

/** All words are here, or no more are waited for. */
export function commit(d: Draft): void {
  const turn = d.state.turn!
  d.clear('text')
  const text = turnText(turn)
  if (text === '') {
    const unreliable = turn.heard.some((heard) => heard.unreliable)
    const { omni, listen } = d.state.settings
    if (unreliable && omni && listen !== 'always_on') {
      accept(d, 'the engine that answers hears by itself')
      return
    }
    ignore(d, unreliable ? 'unreliable' : 'nothing_said', unreliable ? 'the recognizer does not trust it' : 'no words came')
    return
  }
  if (turn.manual) {
    accept(d, 'push to talk')
    return
  }
  const familiarity = familiarityOf(turn.heard)
  const verdict = addressedByRules(d.state, text, d.nowMs, d.options.followUpMs, familiarity)
  if (verdict.addressed === true) accept(d, verdict.reason)
  else if (verdict.addressed === false) ignore(d, verdict.reason, verdict.why)
  else {
    d.turn({ phase: 'addressing' })
    d.decide('ask_addressed', verdict.reason)
    d.out({ type: 'ask_addressed', turn: turn.id, revision: turn.revision, text, familiarity })
  }
}

export function accept(d: Draft, reason: string): void {
  const turn = d.state.turn!
  const text = turnText(turn)
  d.turn({ phase: 'settled', ignored: false })
  d.decide('addressed', reason)
  d.out({
    type: 'commit_turn',
    turn: turn.id,
    revision: turn.revision,
    text,
    typed: false,
    utterances: turn.heard.map((heard) => heard.id),
    speechEndMs: turn.speechEndMs,
  })
  const { reply } = d.state
  if (!d.state.settings.autoReply && !turn.wanted) {
    cancelReply(d, 'no_auto_reply')
  } else if (reply?.phase === 'speculative' && reply.promptWords === wordsOf(text).join(' ')) {
    d.reply({ phase: 'thinking' })
    d.decide('release_reply', 'the words stayed')
    d.out({ type: 'release_reply', generation: reply.generation })
  } else {
    startReply(d, d.state.turn, text, false)
  }
}

export function ignore(d: Draft, reason: IgnoredReason, why: string): void {
  const turn = d.state.turn!
  if (d.state.reply?.phase === 'speculative') cancelReply(d, 'ignored')
  d.turn({ phase: 'settled', ignored: true })
  d.decide('ignored', why, { reason })
  d.out(ignoreEffect(turn, turnText(turn), reason))
  if (turn.wanted) startReply(d, d.state.turn, '', false)
}

export const ignoreEffect = (
  { id, revision, heard }: Pick<UserTurn, 'id' | 'revision' | 'heard'>,
  text: string,
  reason: IgnoredReason,
): TurnEffect => ({ type: 'ignore_turn', turn: id, revision, text, reason, utterances: heard.map((one) => one.id) })
