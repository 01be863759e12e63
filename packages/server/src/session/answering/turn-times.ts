import type { TurnTrace } from '../assistant.ts'
import type { Generation, TurnId } from '../turn/types.ts'
import { type Moment, TraceRecorder } from './trace.ts'

/** When the turns of a session began, ended and were committed: what the answer's own times are added to. */

interface Committed {
  turn: TurnId
  revision: number
  speechEndMs: number
  finalTextMs: number
}

const MAX_TURNS = 20

export class TurnTimes {
  readonly #endMs = new Map<string, number>()
  #committed: Committed | null = null
  #spoken: { turn: TurnId; atMs: number } | null = null

  /** @param atMs - on the session's timeline */
  started(turn: TurnId, atMs: number): void {
    this.#spoken = { turn, atMs }
  }

  /** It was typed: there is no sound of it. */
  typed(): void {
    this.#spoken = null
  }

  /** Where on the timeline the words of a turn begin; null when it was typed, or is not the last. */
  spokenFromMs(turn: TurnId | null): number | null {
    return turn !== null && this.#spoken?.turn === turn ? this.#spoken.atMs : null
  }

  /** @param nowMs - on the machine's clock */
  ended(turn: TurnId, revision: number, nowMs: number): void {
    this.#endMs.set(key({ turn, revision }), nowMs)
    if (this.#endMs.size > MAX_TURNS) this.#endMs.delete(this.#endMs.keys().next().value!)
  }

  committed(committed: Committed): void {
    this.#committed = committed
  }

  /** End of speech of the turn that was committed last, when it is this one. */
  speechEndMs(turn: TurnId | null): number | null {
    return this.#committed?.turn === turn ? this.#committed.speechEndMs : null
  }

  /** The waterfall of an answer; null when it answers no committed turn. @param wallOffsetMs - wall time minus clock time */
  trace(
    { turn, generation, moments }: { turn: TurnId | null; generation: Generation; moments: ReadonlyMap<Moment, number> },
    wallOffsetMs: number,
  ): TurnTrace | null {
    const committed = this.#committed
    if (!committed || committed.turn !== turn) return null
    const recorder = new TraceRecorder(committed.speechEndMs, wallOffsetMs)
    const endMs = this.#endMs.get(key(committed))
    if (endMs !== undefined) recorder.mark('turnEnd', endMs)
    recorder.mark('finalText', committed.finalTextMs)
    for (const [moment, atMs] of moments) recorder.mark(moment, atMs)
    return recorder.trace({ turnId: committed.turn, revision: committed.revision, replyId: generation })
  }
}

const key = ({ turn, revision }: Pick<Committed, 'turn' | 'revision'>): string => `${turn}/${revision}`
