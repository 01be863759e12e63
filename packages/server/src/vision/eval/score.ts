import type { Observation } from '@vigia/protocol'
import { BANNED_KINDS, type BannedKind, bannedIn, folded } from '../../engines/llm-vision/banned.ts'
import { distanceToPiece } from './edit-distance.ts'
import type { Expectation } from './expectations.ts'

/** Compares what was said of photos with what they show. Pure. */

export type Seen = Pick<
  Observation,
  'description' | 'people' | 'objects' | 'text_visible' | 'surroundings' | 'activities' | 'dangers' | 'suggestions' | 'timings'
>

export interface PhotoScore {
  mentions: { found: number; expected: number; missing: string[] }
  /** Words that were said and are not in the photo. */
  wrong: string[]
  /** Null where the expectation leaves it open. */
  danger: { expected: boolean; said: boolean } | null
  banned: BannedKind[]
  /** Letters of the expected text that were read. */
  text: { right: number; expected: number }
  modelMs: number
  totalMs: number
}

/** What counts as said: prose and lists, not the doubts. */
function saidIn(seen: Seen): string {
  const { description, people, objects, text_visible, surroundings, activities, dangers, suggestions } = seen
  return [description, surroundings, ...people, ...objects, ...activities, ...suggestions, ...text_visible]
    .concat(dangers.map(({ what, why }) => `${what} ${why}`))
    .join('\n')
}

export function scorePhoto(expectation: Expectation, seen: Seen): PhotoScore {
  const said = folded(saidIn(seen))
  const wanted = expectation.must_mention.map((mention) => [mention].flat())
  const missing = wanted.filter((words) => !words.some((word) => mentions(said, word)))
  const prose = [seen.description, seen.surroundings, ...seen.people, ...seen.activities, ...seen.suggestions].join('\n')
  return {
    mentions: {
      found: wanted.length - missing.length,
      expected: wanted.length,
      missing: missing.map((words) => words.join('|')),
    },
    wrong: expectation.must_not_mention.filter((word) => mentions(withoutDenials(said), word)),
    danger: expectation.danger === undefined ? null : { expected: expectation.danger, said: seen.dangers.length > 0 },
    banned: bannedIn(prose),
    text: textScore(expectation.text, seen.text_visible),
    modelMs: seen.timings.model ?? 0,
    totalMs: seen.timings.total,
  }
}

/** At the beginning of a word, so that "bici" is in "bicicletas" and "ala" is not in "sala". */
function mentions(said: string, word: string): boolean {
  const escaped = folded(word).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}`, 'u').test(said)
}

/** "No se reconoce ninguna persona" does not say that there is one: the rest of a clause after a negation is left out. */
const withoutDenials = (said: string): string =>
  said.replace(/(?<!\p{L})(no|ni|ningun[ao]?|sin|not|nor|without)(?!\p{L})[^.,;:!?\n]*/gu, '')

/** Letters, accents included; upper or lower case and spaces between lines do not count. */
function textScore(expected: readonly string[], read: readonly string[]): PhotoScore['text'] {
  const joined = read.join(' ').normalize('NFC').toLowerCase()
  const lengths = expected.map((line) => line.length)
  const errors = expected.map((line) => Math.min(line.length, distanceToPiece(line.normalize('NFC').toLowerCase(), joined)))
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  return { right: sum(lengths) - sum(errors), expected: sum(lengths) }
}

export interface SetScore {
  photos: number
  failed: number
  /** Shares, 0–1; null where nothing was expected. */
  mentionRecall: number | null
  textAccuracy: number | null
  /** Photos without danger of which one was said, and the other way round. */
  falseDangers: number
  missedDangers: number
  dangersExpected: number
  wrongMentions: number
  banned: Record<BannedKind, number>
  modelMs: { p50: number; p95: number }
  totalMs: { p50: number; p95: number }
}

/** @param scores - null for a photo that was not described */
export function scoreSet(scores: readonly (PhotoScore | null)[]): SetScore {
  const done = scores.filter((score) => score !== null)
  const sum = (of: (score: PhotoScore) => number) => done.reduce((total, score) => total + of(score), 0)
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  const times = (of: (score: PhotoScore) => number) => {
    const sorted = done.map(of).toSorted((a, b) => a - b)
    return { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) }
  }
  return {
    photos: scores.length,
    failed: scores.length - done.length,
    mentionRecall: share(
      sum(({ mentions }) => mentions.found),
      sum(({ mentions }) => mentions.expected),
    ),
    textAccuracy: share(
      sum(({ text }) => text.right),
      sum(({ text }) => text.expected),
    ),
    falseDangers: sum(({ danger }) => Number(danger !== null && !danger.expected && danger.said)),
    missedDangers: sum(({ danger }) => Number(danger?.expected === true && !danger.said)),
    dangersExpected: sum(({ danger }) => Number(danger?.expected === true)),
    wrongMentions: sum(({ wrong }) => wrong.length),
    banned: Object.fromEntries(BANNED_KINDS.map((kind) => [kind, sum(({ banned }) => Number(banned.includes(kind)))])) as Record<
      BannedKind,
      number
    >,
    modelMs: times(({ modelMs }) => modelMs),
    totalMs: times(({ totalMs }) => totalMs),
  }
}

/** Nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}
