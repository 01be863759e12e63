import { buttonDown, buttonUp, respond, typed } from './button.ts'
import { Draft, type InputOf } from './draft.ts'
import { beginOnset, decideOnset, inOnset, onsetStopped, onsetText, onsetTimeout } from './onset.ts'
import { cancelReply, finishReply, holdReply, resumeReply, spoke } from './replies.ts'
import {
  DEFAULT_TURN,
  type Heard,
  type TimerName,
  type TurnEffect,
  type TurnInput,
  type TurnOptions,
  type TurnState,
} from './types.ts'
import {
  accept,
  askJudge,
  commit,
  commitWhenReady,
  continueTurn,
  ignore,
  judged,
  maybeOver,
  newHeard,
  openTurn,
  waited,
} from './user-turn.ts'

/**
 * The turn core: who speaks, whose turn it is, whether an answer may sound. Pure: no clock, no input or output; what happens
 * outside comes in as an input with its time, what must happen comes out as effects.
 */
export function step(
  state: TurnState,
  input: TurnInput,
  nowMs: number,
  options: TurnOptions = DEFAULT_TURN,
): [TurnState, TurnEffect[]] {
  const d = new Draft(state, nowMs, options)
  apply(d, input)
  return [d.state, d.effects]
}

function apply(d: Draft, input: TurnInput): void {
  switch (input.type) {
    case 'settings':
      d.set({ settings: input.settings })
      break
    case 'speech_started':
      speechStarted(d, input)
      break
    case 'pause':
      if (d.state.turn?.phase === 'speaking') maybeOver(d, input.speechEndMs)
      break
    case 'resume':
      if (d.state.turn?.phase === 'candidate') continueTurn(d, 'speech again')
      break
    case 'speech_stopped':
      stopped(d, input.speechEndMs)
      break
    case 'interim':
      interim(d, input)
      break
    case 'final':
      final(d, input)
      break
    case 'utterance_done':
      done(d, input.utteranceId)
      break
    case 'judged':
      if (matches(d, input)) judged(d, input.probability)
      break
    case 'addressed':
      addressed(d, input)
      break
    case 'typed':
      typed(d, input.text)
      break
    case 'respond':
      respond(d)
      break
    case 'interrupt':
      if (d.state.reply) cancelReply(d, input.reason)
      else d.decide('nothing_to_interrupt', input.reason)
      break
    case 'activity_start':
      buttonDown(d)
      break
    case 'activity_end':
      buttonUp(d)
      break
    case 'attached':
      d.set({ attached: true })
      d.clear('detached')
      resumeReply(d, 'detached', 'the client came back')
      break
    case 'detached':
      d.set({ attached: false })
      d.timer('detached', d.nowMs + d.options.detachedMs)
      holdReply(d, 'detached', 'the client went away')
      break
    case 'timer':
      timer(d, input.name)
      break
    default:
      if (d.replyOf(input)) replied(d, input)
  }
}

const matches = (d: Draft, input: { turn: string; revision: number }): boolean =>
  d.state.turn?.id === input.turn && d.state.turn.revision === input.revision

/** True when only the button begins turns. */
const byButton = ({ state: { settings } }: Draft): boolean =>
  settings.turnDetection === 'manual' || settings.listen === 'push_to_talk'

function speechStarted(d: Draft, { utteranceId, startMs }: InputOf<'speech_started'>): void {
  const { turn, reply, settings } = d.state
  const heard = newHeard(utteranceId)
  if (byButton(d)) {
    if (d.state.holding) d.turn({ heard: [...(turn?.heard ?? []), heard], open: utteranceId })
    else d.decide('not_listening', 'the button is up')
    return
  }
  if (turn && turn.phase !== 'settled') {
    continueTurn(d, 'speech again')
    d.turn({ phase: 'speaking', heard: [...turn.heard, heard], open: utteranceId })
    return
  }
  if (reply && !settings.bargeIn) {
    d.decide('not_listening', 'this answer may not be interrupted')
    return
  }
  const reopens = mayReopen(d, startMs)
  if (reply || reopens || d.state.onset) beginOnset(d, heard, startMs, reopens)
  else openTurn(d, [heard], startMs)
}

/** Speech soon after the end continues the turn; so does speech before anything of the answer was heard. */
function mayReopen({ state: { turn, reply }, options }: Draft, startMs: number): boolean {
  if (!turn || turn.manual || turn.ignored) return false
  const unheard = reply !== null && reply.phase !== 'speaking' && reply.turn === turn.id
  return unheard || startMs - turn.speechEndMs <= options.reopenMs
}

function stopped(d: Draft, speechEndMs: number): void {
  onsetStopped(d)
  const { turn } = d.state
  if (!turn || turn.phase === 'settled') return
  d.turn({ open: null })
  if (turn.phase === 'speaking') maybeOver(d, speechEndMs)
}

function interim(d: Draft, { utteranceId, text }: InputOf<'interim'>): void {
  if (inOnset(d, utteranceId)) onsetText(d, utteranceId, (heard) => ({ ...heard, text }))
  else {
    const changed = setHeard(d, utteranceId, (heard) => (heard.done ? heard : { ...heard, text }))
    if (changed && d.state.turn?.phase === 'candidate' && !d.state.turn.manual) askJudge(d)
  }
}

function final(d: Draft, { utteranceId, text, unreliable, familiarity = null }: InputOf<'final'>): void {
  const finish = (heard: Heard): Heard => ({ ...heard, text, unreliable, familiarity, done: true })
  if (inOnset(d, utteranceId)) onsetText(d, utteranceId, finish)
  else if (setHeard(d, utteranceId, finish)) commitWhenReady(d)
  else lateFinal(d, { id: utteranceId, text, done: true, unreliable, familiarity })
}

/** Words nobody waits for any more: they count all the same rather than being lost. */
function lateFinal(d: Draft, heard: Heard): void {
  if (heard.unreliable || heard.text.trim() === '') return
  const { turn, reply, settings } = d.state
  const known = turn?.heard.find((one) => one.id === heard.id)
  if (known && known.text.trim() !== '') {
    d.decide('late_final', 'its interim text was taken')
    return
  }
  if (byButton(d) || (reply && !settings.bargeIn)) {
    d.decide('not_listening', byButton(d) ? 'the button is up' : 'this answer may not be interrupted')
    return
  }
  if (turn && turn.phase !== 'settled') {
    d.turn({ heard: [...turn.heard, heard] })
    commitWhenReady(d)
    return
  }
  beginOnset(d, heard, d.nowMs, false)
  decideOnset(d)
}

function done(d: Draft, utteranceId: string): void {
  const finish = (heard: Heard): Heard => (heard.done ? heard : { ...heard, done: true, text: '' })
  if (inOnset(d, utteranceId)) onsetText(d, utteranceId, finish)
  else if (setHeard(d, utteranceId, finish)) commitWhenReady(d)
}

/** Changes an utterance of the turn that still waits for it; false when there is none. */
function setHeard(d: Draft, id: string, change: (heard: Heard) => Heard): boolean {
  const { turn } = d.state
  if (!turn || turn.phase === 'settled' || turn.phase === 'addressing' || !turn.heard.some((heard) => heard.id === id))
    return false
  d.turn({ heard: turn.heard.map((heard) => (heard.id === id ? change(heard) : heard)) })
  return true
}

function addressed(d: Draft, input: InputOf<'addressed'>): void {
  if (!matches(d, input) || d.state.turn?.phase !== 'addressing') return
  if (input.addressed) accept(d, input.reason)
  else ignore(d, 'not_addressed', input.reason)
}

function timer(d: Draft, name: TimerName): void {
  if (name === 'min' || name === 'max') waited(d, name)
  else if (name === 'resume') onsetTimeout(d)
  else if (name === 'detached') {
    if (!d.state.attached) cancelReply(d, 'client_gone')
  } else if (d.state.turn?.phase === 'awaiting_text') {
    d.decide('text_late', 'the recognizer took too long')
    commit(d)
  }
}

function replied(d: Draft, input: TurnInput): void {
  switch (input.type) {
    case 'reply_audible':
      d.reply({ phase: 'speaking' })
      break
    case 'reply_spoke':
      spoke(d, input.text)
      break
    case 'reply_complete':
      d.reply({ complete: true })
      break
    case 'reply_finished':
      finishReply(d)
      break
    case 'tool_started':
      d.tools((tools) => [...tools, { callId: input.callId, effect: input.effect, committed: false }])
      break
    case 'tool_committed':
      d.tools((tools) => tools.map((tool) => (tool.callId === input.callId ? { ...tool, committed: true } : tool)))
      break
    case 'tool_finished':
      d.tools((tools) => tools.filter((tool) => tool.callId !== input.callId))
  }
}
