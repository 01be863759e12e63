import type { Reply, TimerName, ToolRun, TurnEffect, TurnInput, TurnOptions, TurnState, UserTurn } from './types.ts'

/**
 * One step under construction: the state so far and the effects so far. The functions of the core take a draft and change it;
 * `step` makes it from a state and gives back a new state, so that from outside nothing is ever changed.
 */
export class Draft {
  state: TurnState
  readonly effects: TurnEffect[] = []
  readonly nowMs: number
  readonly options: TurnOptions

  constructor(state: TurnState, nowMs: number, options: TurnOptions) {
    this.state = state
    this.nowMs = nowMs
    this.options = options
  }

  set(patch: Partial<TurnState>): void {
    this.state = { ...this.state, ...patch }
  }

  turn(patch: Partial<UserTurn>): void {
    if (this.state.turn) this.set({ turn: { ...this.state.turn, ...patch } })
  }

  reply(patch: Partial<Reply>): void {
    if (this.state.reply) this.set({ reply: { ...this.state.reply, ...patch } })
  }

  out(effect: TurnEffect): void {
    this.effects.push(effect)
  }

  timer(name: TimerName, atMs: number): void {
    this.out({ type: 'set_timer', name, atMs })
  }

  clear(...names: TimerName[]): void {
    for (const name of names) this.out({ type: 'clear_timer', name })
  }

  /** Every decision carries its reason. */
  decide(decision: string, reason: string, values?: Record<string, number | string | boolean>): void {
    const { turn, reply } = this.state
    this.out({
      type: 'decision',
      decision,
      reason,
      ...(turn ? { turn: turn.id, revision: turn.revision } : {}),
      ...(reply ? { generation: reply.generation } : {}),
      ...(values ? { values } : {}),
    })
  }

  /** The answer that this input is about, unless it is an older one. */
  replyOf(input: TurnInput): Reply | null {
    return 'generation' in input && this.state.reply?.generation === input.generation ? this.state.reply : null
  }

  tools(change: (tools: readonly ToolRun[]) => readonly ToolRun[]): void {
    if (this.state.reply) this.reply({ tools: change(this.state.reply.tools) })
  }
}

export type InputOf<T extends TurnInput['type']> = Extract<TurnInput, { type: T }>
