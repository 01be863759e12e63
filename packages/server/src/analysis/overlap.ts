import type { Word } from '../engines/asr.ts'
import type { Span } from '../engines/audio.ts'
import type { SpeakerTurn } from '../engines/diarizer.ts'

/** How much of a span each voice covers. Pure. */

/** Aligners stretch a word over the silence after it; what exceeds this does not vote (suitenumerique/meet#1323). */
export const MAX_WORD_MS = 1200
/** Farthest turn that may claim a word which no turn covers. */
const NEAREST_MS = 1000
/** The winner must cover this share more than the second, else the speaker before goes on. */
const MARGIN = 0.3

/** The part of a word that counts. */
export function wordSpan(word: Word): Span {
  return { startMs: word.startMs, endMs: Math.max(word.startMs + 1, Math.min(word.endMs, word.startMs + MAX_WORD_MS)) }
}

/** The speaker of a span: largest overlap; a narrow win goes to `previous`; uncovered goes to the nearest within 1 s. */
export function speakerOf(
  span: Span,
  turns: readonly SpeakerTurn[],
  previous?: string,
): { speaker: string | undefined; overlap: boolean } {
  const shares = [...overlaps(span, turns)].sort((a, b) => b[1] - a[1])
  const [best, second] = shares
  if (!best) return { speaker: nearest(span, turns), overlap: false }
  const overlap = second !== undefined && second[1] * 2 >= span.endMs - span.startMs
  const narrow = second !== undefined && best[1] - second[1] < MARGIN * best[1]
  if (narrow && shares.some(([speaker, ms]) => speaker === previous && best[1] - ms < MARGIN * best[1])) {
    return { speaker: previous, overlap }
  }
  return { speaker: best[0], overlap }
}

/** Milliseconds of the span that each speaker covers; speakers that cover none are left out. */
export function overlaps(span: Span, turns: readonly SpeakerTurn[]): Map<string, number> {
  const result = new Map<string, number>()
  for (const turn of turns) {
    const ms = Math.min(span.endMs, turn.endMs) - Math.max(span.startMs, turn.startMs)
    if (ms > 0) result.set(turn.speaker, (result.get(turn.speaker) ?? 0) + ms)
  }
  return result
}

function nearest(span: Span, turns: readonly SpeakerTurn[]): string | undefined {
  const middle = (span.startMs + span.endMs) / 2
  let found: string | undefined
  let distance = NEAREST_MS
  for (const turn of turns) {
    const d = middle < turn.startMs ? turn.startMs - middle : middle - turn.endMs
    if (d > distance) continue
    distance = d
    found = turn.speaker
  }
  return found
}
