import type { Segment } from '@vigia/protocol'
import { type Token, tokenize } from '../text/tokens.ts'

/** Finds where words that a model quotes were said. Pure. */

/** Longest quote that is looked for, in words. */
const MAX_WORDS = 16

export interface Said {
  segmentId: string
  /** The words as they were said. */
  text: string
  /** Share of the quote's words that stand there in order, 0–1. */
  ratio: number
}

/** Tokens of segments, each worked out once. */
export class SpokenWords {
  readonly #tokens = new Map<string, Token[]>()

  of(segment: Segment): Token[] {
    const known = this.#tokens.get(segment.id)
    if (known) return known
    const tokens = tokenize(segment.text)
    this.#tokens.set(segment.id, tokens)
    return tokens
  }
}

/** The best place among the segments that reaches `least`; null when there is none. */
export function locateQuote(quote: string, segments: readonly Segment[], words: SpokenWords, least: number): Said | null {
  const wanted = tokenize(quote)
    .slice(0, MAX_WORDS)
    .map(({ plain }) => plain)
  if (wanted.length === 0) return null
  let best: Said | null = null
  for (const segment of segments) {
    const tokens = words.of(segment)
    const found = bestWindow(wanted, tokens)
    if (!found || found.ratio < least || (best && found.ratio <= best.ratio)) continue
    best = {
      segmentId: segment.id,
      text: segment.text.slice(tokens[found.from]!.start, tokens[found.to - 1]!.end),
      ratio: found.ratio,
    }
    if (best.ratio === 1) return best
  }
  return best
}

function bestWindow(wanted: readonly string[], tokens: readonly Token[]): { from: number; to: number; ratio: number } | null {
  const known = new Set(wanted)
  const hits = tokens.map(({ plain }) => known.has(plain))
  let best: { from: number; to: number; ratio: number } | null = null
  for (let from = 0; from < tokens.length; from++) {
    if (!hits[from]) continue
    const to = Math.min(tokens.length, from + wanted.length + 1)
    const window = tokens.slice(from, to).map(({ plain }) => plain)
    const { length, end } = commonInOrder(wanted, window)
    const ratio = length / wanted.length
    if (!best || ratio > best.ratio) best = { from, to: from + end, ratio }
    if (ratio === 1) return best
  }
  return best
}

/** Length of the longest common subsequence, and where in `window` it ends. */
function commonInOrder(wanted: readonly string[], window: readonly string[]): { length: number; end: number } {
  let row = new Array<number>(window.length + 1).fill(0)
  for (const word of wanted) {
    const next = [0]
    for (let j = 1; j <= window.length; j++) next[j] = window[j - 1] === word ? row[j - 1]! + 1 : Math.max(row[j]!, next[j - 1]!)
    row = next
  }
  const length = row.at(-1)!
  return { length, end: Math.max(1, row.indexOf(length)) }
}
