import type { TurnTrace } from '../assistant.ts'

/** The moments of one turn on the machine's clock, ms, and the waterfall made of them. */

export const MOMENTS = [
  'turnEnd',
  'finalText',
  'requested',
  'firstToken',
  'firstSentence',
  'firstAudio',
  'firstSent',
  'heard',
] as const
export type Moment = (typeof MOMENTS)[number]

export class TraceRecorder {
  readonly #speechEndMs: number
  readonly #wallOffsetMs: number
  readonly #at = new Map<Moment, number>()

  /** @param wallOffsetMs - wall time minus clock time */
  constructor(speechEndMs: number, wallOffsetMs: number) {
    this.#speechEndMs = speechEndMs
    this.#wallOffsetMs = wallOffsetMs
  }

  /** Only the first time counts. */
  mark(moment: Moment, atMs: number): void {
    if (!this.#at.has(moment)) this.#at.set(moment, atMs)
  }

  /**
   * The waterfall. What happened early (a speculative answer has its first token before the final text) takes no time of its
   * own: a part is how much later than everything before it something was.
   */
  trace(ids: { turnId: string; revision: number; replyId: number }): TurnTrace {
    const parts = {} as TurnTrace['parts']
    let reached = this.#speechEndMs
    for (const moment of MOMENTS) {
      const at = this.#at.get(moment)
      parts[moment] = at === undefined ? null : Math.max(0, at - reached)
      if (at !== undefined) reached = Math.max(reached, at)
    }
    const totalMs = sumTo(parts, 'firstSent')
    return { ...ids, speechEndedAt: this.#speechEndMs + this.#wallOffsetMs, parts, totalMs }
  }
}

/** Sum of the parts up to and including one. */
export function sumTo(parts: TurnTrace['parts'], last: Moment): number {
  let sum = 0
  for (const moment of MOMENTS) {
    sum += parts[moment] ?? 0
    if (moment === last) break
  }
  return sum
}

/** Parts that engines or the speaker's silence took; the rest is ours. */
const NOT_OURS: readonly Moment[] = ['turnEnd', 'finalText', 'firstToken', 'firstSentence', 'firstAudio', 'heard']

/** Our own share of the time from the end of speech to the first sound, ms. */
export const ownShare = ({ parts }: TurnTrace): number =>
  MOMENTS.filter((moment) => !NOT_OURS.includes(moment)).reduce((sum, moment) => sum + (parts[moment] ?? 0), 0)
