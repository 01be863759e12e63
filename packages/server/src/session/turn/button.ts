import type { Draft } from './draft.ts'
import { cancelReply, startReply } from './replies.ts'
import { endTurn, openTurn, turnText } from './user-turn.ts'

/** Turns that the client begins and ends: typed text, push-to-talk, an answer asked for. */

/** Typed text is a whole turn. */
export function typed(d: Draft, text: string): void {
  cancelReply(d, 'new_turn')
  setAside(d)
  openTurn(d, [], d.nowMs, true)
  const { id } = d.state.turn!
  d.turn({ phase: 'settled' })
  d.out({ type: 'commit_turn', turn: id, revision: 0, text, typed: true, utterances: [], speechEndMs: d.nowMs })
  if (d.state.settings.autoReply) startReply(d, d.state.turn, text, false)
}

/** What was being said counts; what of it is not yet known comes as late words. */
function setAside(d: Draft): void {
  const { turn, onset } = d.state
  if (onset) d.set({ onset: { ...onset, reopens: false } })
  if (!turn || turn.phase === 'settled') return
  d.clear('min', 'max', 'text')
  if (turn.open !== null) d.out({ type: 'end_utterance' })
  const known = turn.heard.filter((heard) => heard.done)
  d.turn({ phase: 'settled', heard: known })
  d.decide('turn_set_aside', 'something else came first')
  const text = turnText(d.state.turn!)
  if (text === '') return
  const utterances = known.map((heard) => heard.id)
  d.out({
    type: 'commit_turn',
    turn: turn.id,
    revision: turn.revision,
    text,
    typed: false,
    utterances,
    speechEndMs: turn.speechEndMs,
  })
}

/** The client asks for an answer now. */
export function respond(d: Draft): void {
  const { turn } = d.state
  if (!turn || turn.phase === 'settled') {
    startReply(d, turn, '', false)
    return
  }
  d.turn({ wanted: true })
  if (turn.phase === 'speaking' || turn.phase === 'candidate') endTurn(d, 'an answer was asked for')
}

export function buttonDown(d: Draft): void {
  if (d.state.holding) return
  cancelReply(d, 'button')
  setAside(d)
  d.set({ holding: true, onset: null })
  openTurn(d, [], d.nowMs, true)
}

export function buttonUp(d: Draft): void {
  if (!d.state.holding) return
  d.set({ holding: false })
  const { turn } = d.state
  if (!turn?.manual || turn.phase === 'settled') return
  d.turn({ speechEndMs: d.nowMs })
  endTurn(d, 'the button went up')
}
