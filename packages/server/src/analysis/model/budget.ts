import type { Llm } from '../../engines/llm.ts'
import { type Line, type Photo, renderPhoto } from './lines.ts'

/** How much of a session goes into one question. */

/** Characters from which the model's own tokens per character are taken. */
const SAMPLE_CHARS = 6000
/** Tokens per character are rounded up to a multiple of this. */
const STEP = 0.02
/** A single pass takes at most this share of the context; the rest is for rules and answer. */
const SINGLE_SHARE = 0.6
const SMALL_CONTEXT = 12_000

export interface Budget {
  /** Tokens of a line and the photos at it. */
  sizeOf: (line: Line) => number
  /** Tokens of lines in one question. */
  chunkTokens: number
  maxAnswerTokens: number
  isSingle: boolean
}

/** Rules, roster and reminder, tokens: measured 900 with Qwen's vocabulary, with room. */
const RULES_TOKENS = 1200

export async function planBudget(llm: Llm, lines: readonly Line[], photos: readonly Photo[]): Promise<Budget> {
  const text = lines.map((line) => line.text).join('\n')
  const sample = text.slice(0, SAMPLE_CHARS)
  const measured = sample === '' ? 0.3 : (await llm.countTokens(sample)) / sample.length
  // In steps, so that a corrected word does not move the cuts between all parts.
  const perChar = Math.ceil(measured / STEP) * STEP
  const tokensOf = (chars: number): number => Math.ceil(chars * perChar) + 8
  const shown = new Map<number, number>()
  for (const photo of photos) shown.set(photo.line, (shown.get(photo.line) ?? 0) + tokensOf(renderPhoto(photo).length))
  const sizeOf = (line: Line): number => tokensOf(line.text.length) + (shown.get(line.n) ?? 0)
  const { contextTokens } = llm.capabilities
  const maxAnswerTokens = Math.max(256, Math.min(2500, Math.floor(contextTokens * 0.25)))
  const room = Math.max(200, contextTokens - maxAnswerTokens - RULES_TOKENS)
  const total = lines.reduce((sum, line) => sum + sizeOf(line), 0)
  const isSingle = total <= Math.min(room, contextTokens * SINGLE_SHARE)
  const wanted = contextTokens <= SMALL_CONTEXT ? 3500 : 10_000
  return { sizeOf, chunkTokens: isSingle ? room : Math.min(room, wanted), maxAnswerTokens, isSingle }
}

/** Models of fewer billion weights do better with one kind of question at a time. */
const CAPABLE_BILLIONS = 14

/** Told from the name, as the weights are in nearly all of them: `qwen2.5-7b-instruct`. */
export function isSmallModel({ id, model }: Llm): boolean {
  const billions = [...model.matchAll(/(\d+(?:\.\d+)?)\s?b(?![a-z0-9])/giu)].map((match) => Number(match[1]))
  return billions.length > 0 ? Math.max(...billions) < CAPABLE_BILLIONS : id === 'llama'
}
