import { step } from './step.ts'
import {
  initialTurn,
  type TimerName,
  type TurnEffect,
  type TurnInput,
  type TurnOptions,
  type TurnSettings,
  type TurnState,
} from './types.ts'

/**
 * A turn core with a clock of its own: runs inputs and due timers in order and keeps every effect. What tests and the
 * decision lane of the scenario bench stand on.
 */
export class TurnModel {
  state: TurnState
  nowMs = 0
  readonly timers = new Map<TimerName, number>()
  readonly effects: { atMs: number; effect: TurnEffect }[] = []
  readonly #options: TurnOptions | undefined
  readonly #onEffect: (effect: TurnEffect) => void

  constructor(settings: Partial<TurnSettings> = {}, options?: TurnOptions, onEffect: (effect: TurnEffect) => void = () => {}) {
    this.state = initialTurn(settings)
    this.#options = options
    this.#onEffect = onEffect
  }

  input(input: TurnInput): TurnEffect[] {
    const [state, effects] = step(this.state, input, this.nowMs, this.#options)
    this.state = state
    for (const effect of effects) {
      this.effects.push({ atMs: this.nowMs, effect })
      if (effect.type === 'set_timer') this.timers.set(effect.name, effect.atMs)
      else if (effect.type === 'clear_timer') this.timers.delete(effect.name)
    }
    for (const effect of effects) this.#onEffect(effect)
    return effects
  }

  /** Lets time pass; timers fire in order. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.timers.delete(next[0])
      this.nowMs = Math.max(this.nowMs, next[1])
      this.input({ type: 'timer', name: next[0] })
    }
    this.nowMs = untilMs
  }

  all<T extends TurnEffect['type']>(type: T): Extract<TurnEffect, { type: T }>[] {
    return this.effects.flatMap(({ effect }) => (effect.type === type ? [effect as Extract<TurnEffect, { type: T }>] : []))
  }

  #next(untilMs: number): [TimerName, number] | undefined {
    return [...this.timers].filter(([, atMs]) => atMs <= untilMs).sort((a, b) => a[1] - b[1])[0]
  }
}
