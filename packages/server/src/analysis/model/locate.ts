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

/** Tokens of the segments of a session, each worked out once, and where each word was said. */
export class SpokenWords {
  readonly #segments: readonly Segment[]
  readonly #tokens = new Map<string, Token[]>()
  #places: ReadonlyMap<string, readonly number[]> | null = null

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  of(segment: Segment): Token[] {
    const known = this.#tokens.get(segment.id)
    if (known) return known
    const tokens = tokenize(segment.text)
    this.#tokens.set(segment.id, tokens)
    return tokens
  }

  /** Segments that hold one of the rarest words, of which at most `missing` may be absent; in order. */
  holding(wanted: readonly string[], missing: number): Segment[] {
    this.#places ??= this.#placesOfWords()
    const rarest = [...new Set(wanted)].map((word) => this.#places!.get(word) ?? []).sort((a, b) => a.length - b.length)
    const places = new Set(rarest.slice(0, missing + 1).flat())
    return [...places].sort((a, b) => a - b).map((i) => this.#segments[i]!)
  }

  #placesOfWords(): Map<string, number[]> {
    const places = new Map<string, number[]>()
    for (const [i, segment] of this.#segments.entries())
      for (const word of new Set(this.of(segment).map(({ plain }) => plain))) {
        const known = places.get(word)
        if (known) known.push(i)
        else places.set(word, [i])
      }
    return places
  }
}

/** The best place in the whole session that reaches `least`; null when there is none. */
export function locateAnywhere(quote: string, words: SpokenWords, least: number): Said | null {
  const wanted = wordsOf(quote)
  const missing = wanted.length - Math.ceil(wanted.length * least - 1e-9)
  return locateQuote(quote, words.holding(wanted, missing), words, least)
}

const wordsOf = (quote: string): string[] =>
  tokenize(quote)
    .slice(0, MAX_WORDS)
    .map(({ plain }) => plain)

/** The best place among the segments that reaches `least`; null when there is none. */
export function locateQuote(quote: string, segments: readonly Segment[], words: SpokenWords, least: number): Said | null {
  const wanted = wordsOf(quote)
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
