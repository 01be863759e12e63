import type { IgnoredReason } from '../assistant.ts'
import { isEcho, isVocative } from './addressed.ts'
import type { Draft } from './draft.ts'
import { cancelReply, holdReply, resumeReply } from './replies.ts'
import { type Heard, type Onset, turnId } from './types.ts'
import { commitWhenReady, familiarityOf, ignoreEffect, openTurn, reopenTurn } from './user-turn.ts'
import { isBackchannel, isFiller, isStop, wordsOf } from './words.ts'

/** Barge-in in two stages: a sound holds the answer, words decide whether it dies. */

/** A sound while an answer is there, or so soon after a turn that it may go on. */
export function beginOnset(d: Draft, heard: Heard, startMs: number, reopens: boolean): void {
  const { onset } = d.state
  const begun: Onset = onset
    ? { ...onset, heard: [...onset.heard, heard], stopped: heard.done }
    : { heard: [heard], startMs, stopped: heard.done, reopens }
  d.set({ onset: begun })
  if (!d.state.reply || heard.done) return
  const { settings, hearsItself } = d.state
  if (settings.aec === 'none' || hearsItself) {
    d.decide('listen_closer', 'the sound may be our own')
    return
  }
  holdReply(d, 'onset', 'a voice began')
  d.timer('resume', d.nowMs + d.options.resumeMs)
}

/** True when the utterance belongs to an onset. */
export const inOnset = ({ state: { onset } }: Draft, id: string): boolean =>
  onset?.heard.some((heard) => heard.id === id) ?? false

/** New words of an utterance, or the last of them. */
export function onsetText(d: Draft, id: string, change: (heard: Heard) => Heard): void {
  const onset = d.state.onset!
  d.set({ onset: { ...onset, heard: onset.heard.map((heard) => (heard.id === id && !heard.done ? change(heard) : heard)) } })
  decideOnset(d)
}

/** Do the words so far stop the answer, or were they nothing? */
export function decideOnset(d: Draft): void {
  const { heard } = d.state.onset!
  const done = heard.every((one) => one.done)
  const words = wordsOf(onsetWords(heard))
  const isStranger = done && familiarityOf(heard) === 'stranger'
  const reason = meansUs(d, words, { done, isStranger })
  if (reason) confirm(d, reason)
  else if (done) dismiss(d, words, isStranger)
}

const onsetWords = (heard: readonly Heard[]): string =>
  heard
    .filter((one) => !one.unreliable)
    .map((one) => one.text)
    .join(' ')
    .trim()

/** Why these words stop the answer; null while they do not. */
function meansUs(
  d: Draft,
  words: readonly string[],
  { done, isStranger }: { done: boolean; isStranger: boolean },
): string | null {
  const { settings, reply } = d.state
  if (words.length === 0 || isEcho(d.state, words, d.nowMs)) return null
  if (isVocative(words, settings.names)) return 'called by name'
  if (isStop(words)) return 'asked for silence'
  if (isStranger) return null
  if ((settings.listen === 'always_on' && reply) || isFiller(words)) return null
  if (isBackchannel(words)) {
    const answers = !reply || (reply.complete && reply.spoken.trimEnd().endsWith('?'))
    return done && answers ? 'answers what was asked' : null
  }
  // one word may be the beginning of our own echo
  if (!done && words.length < 2 && settings.aec !== 'active') return null
  return 'words'
}

/** It was meant: the answer dies, and the words begin a turn or go on with the last one. */
function confirm(d: Draft, reason: string): void {
  const { heard, startMs, reopens, stopped } = d.state.onset!
  d.decide('barge_in', reason, { afterMs: Math.round(d.nowMs - startMs) })
  d.set({ onset: null })
  if (reopens && d.state.turn?.phase === 'settled') reopenTurn(d, heard, stopped)
  else {
    cancelReply(d, 'barge_in')
    openTurn(d, heard, startMs)
  }
  if (!stopped) return
  d.turn({ phase: 'awaiting_text', open: null, speechEndMs: d.nowMs })
  d.timer('text', d.nowMs + d.options.textDeadlineMs)
  commitWhenReady(d)
}

/** It was nothing: the answer goes on where it was. */
function dismiss(d: Draft, words: readonly string[], isStranger: boolean): void {
  const { heard } = d.state.onset!
  const reason = reasonOf(d, heard, words, isStranger)
  d.set({ onset: null, hearsItself: d.state.hearsItself || reason === 'echo' })
  d.clear('resume')
  d.decide('no_barge_in', reason, { words: words.length })
  const id = d.state.turn?.id ?? turnId(d.state.lastTurn)
  d.out(ignoreEffect({ id, revision: d.state.turn?.revision ?? 0, heard }, onsetWords(heard), reason))
  resumeReply(d, 'onset', reason)
}

function reasonOf(d: Draft, heard: readonly Heard[], words: readonly string[], isStranger: boolean): IgnoredReason {
  if (words.length === 0) return heard.some((one) => one.unreliable) ? 'unreliable' : 'nothing_said'
  if (isEcho(d.state, words, d.nowMs)) return 'echo'
  if (isFiller(words)) return 'filler'
  if (isBackchannel(words)) return 'backchannel'
  return isStranger ? 'other_person' : 'not_addressed'
}

/** No words in time: whatever it is, the answer goes on; late words still count. */
export function onsetTimeout(d: Draft): void {
  if (d.state.onset) resumeReply(d, 'onset', 'no words came in time')
}

export function onsetStopped(d: Draft): void {
  if (d.state.onset) d.set({ onset: { ...d.state.onset, stopped: true } })
}
