import type { Draft } from './draft.ts'
import { generation, type Reply, type ToolRun, type UserTurn } from './types.ts'
import { wordsOf } from './words.ts'

/** Answers: begun, let out, held, cancelled. Generations only ever rise. */

/** Fragments whose echo is recognised. */
const ECHO_MEMORY = 8

export function startReply(d: Draft, turn: UserTurn | null, text: string, speculative: boolean): void {
  cancelReply(d, 'superseded')
  const next = generation(d.state.lastGeneration + 1)
  const reply: Reply = {
    generation: next,
    turn: turn?.id ?? null,
    phase: speculative ? 'speculative' : 'thinking',
    heldBy: d.state.attached ? null : 'detached',
    promptWords: wordsOf(text).join(' '),
    spoken: '',
    complete: false,
    tools: [],
  }
  d.set({ reply, lastGeneration: next })
  d.out({ type: 'start_reply', generation: next, turn: reply.turn, text, speculative })
  if (reply.heldBy) d.out({ type: 'hold_output', generation: next })
}

/** Ends the answer in progress; nothing of it follows. Tools are undone where that is still possible. */
export function cancelReply(d: Draft, reason: string): void {
  const { reply } = d.state
  if (!reply) return
  d.decide('cancel_reply', reason)
  const undone = reply.tools.filter((tool) => !isLate(tool))
  const late = reply.tools.filter(isLate)
  if (undone.length > 0) d.out({ type: 'cancel_tools', callIds: undone.map((tool) => tool.callId) })
  if (late.length > 0) d.out({ type: 'detach_tools', callIds: late.map((tool) => tool.callId) })
  d.out({ type: 'cancel_reply', generation: reply.generation, reason })
  if (reply.spoken !== '') remember(d, reply)
  d.set({ reply: null })
  d.clear('resume')
}

const isLate = (tool: ToolRun): boolean => tool.effect === 'mutating' && tool.committed

export function holdReply(d: Draft, by: 'onset' | 'detached', reason: string): void {
  const { reply } = d.state
  if (!reply || reply.heldBy) return
  d.reply({ heldBy: by })
  d.out({ type: 'hold_output', generation: reply.generation })
  d.decide('hold_reply', reason)
}

export function resumeReply(d: Draft, by: 'onset' | 'detached', reason: string): void {
  const { reply } = d.state
  if (reply?.heldBy !== by) return
  if (by === 'onset' && !d.state.attached) {
    d.reply({ heldBy: 'detached' })
    return
  }
  d.reply({ heldBy: null })
  d.out({ type: 'resume_output', generation: reply.generation })
  d.decide('resume_reply', reason)
}

/** The last sound was heard. */
export function finishReply(d: Draft): void {
  const { reply } = d.state
  if (!reply) return
  remember(d, reply)
  d.set({ reply: null })
  d.clear('resume')
  d.decide('reply_finished', 'heard to its end')
}

/** From now on its echo may be heard for a while only. */
function remember(d: Draft, reply: Reply): void {
  const untilMs = d.nowMs + d.options.echoMs
  const echoes = d.state.echoes.map((echo) => ({ ...echo, untilMs: Math.min(echo.untilMs, untilMs) }))
  d.set({ echoes, answeredMs: d.nowMs, askedBack: reply.spoken.trimEnd().endsWith('?') })
}

/** A fragment is being spoken: its words may come back until the answer is over. */
export function spoke(d: Draft, text: string): void {
  d.reply({ spoken: `${d.state.reply!.spoken} ${text}`.slice(-2000) })
  const echo = { words: wordsOf(text), untilMs: Number.POSITIVE_INFINITY }
  d.set({ echoes: [...d.state.echoes, echo].slice(-ECHO_MEMORY) })
}
