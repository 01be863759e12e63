import type { SessionEvent } from '../service.ts'
import type { Answerer } from './answerer.ts'

/** Dangers seen in photos, spoken as soon as nobody speaks. */

type Alert = Pick<Extract<SessionEvent, { type: 'alert' }>, 'what' | 'where' | 'why' | 'severity'>

/** A warning that comes late is worth little: of more than these the oldest is dropped. */
const MAX_WAITING = 3

/** What waits to be said. Bounded. */
export class Warnings {
  #waiting: string[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  add(alert: Alert, language: string): void {
    this.#waiting = [...this.#waiting, warningText(alert, language)].slice(-MAX_WAITING)
  }

  /** Everything that waits, as one answer; null when nothing does. */
  take(): Answerer | null {
    const text = this.#waiting.join(' ')
    this.#waiting = []
    if (text === '') return null
    return {
      id: 'warning',
      async *answer() {
        yield { type: 'text', text }
      },
    }
  }
}

/** One sentence: what, where, why. */
export function warningText({ what, where, why }: Alert, language: string): string {
  const start = language.toLowerCase().startsWith('en') ? 'Careful' : 'Cuidado'
  return `${start}: ${[what, where, why].filter((part) => part.trim() !== '').join(', ')}.`
}
