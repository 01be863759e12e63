import type { Word } from '../../asr.ts'

/** A recognizer's tokens with their times, seconds. `durations` and `logProbs` are empty where the family has none. */
export interface TokenResult {
  text: string
  tokens: string[]
  timestamps: number[]
  durations?: number[]
  ys_log_probs?: number[]
  lang?: string
}

/** Longest time a token lasts where the family tells only its start, ms. */
const MAX_TOKEN_MS = 160

/**
 * Groups tokens into words: a token that begins with a space (or `▁`) opens one, a bare space closes one. Holds for
 * character models and for byte-pair pieces.
 *
 * @param durationMs - length of the audio; no word ends after it
 * @returns words with times relative to the first sample; empty when the family gives no times
 */
export function wordsOf(result: TokenResult, durationMs: number): Word[] {
  const { tokens, timestamps } = result
  if (timestamps.length !== tokens.length) return []
  const groups: number[][] = []
  let open = false
  // by index: this runs over all tokens of an utterance each time that it is heard further
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!
    if (/^[\s▁]/.test(token)) open = false
    if (bare(token) === '') continue
    if (!open) groups.push([])
    open = true
    groups.at(-1)!.push(index)
  }
  return groups.map((indexes) => toWord(result, indexes, durationMs))
}

const bare = (token: string): string => (/[\s▁]/.test(token) ? token.replaceAll(/[\s▁]/g, '') : token)

function toWord({ tokens, timestamps, durations, ys_log_probs }: TokenResult, indexes: number[], durationMs: number): Word {
  const last = indexes.at(-1)!
  const startMs = Math.min(durationMs, toMs(timestamps[indexes[0]!]!))
  const nextMs = last + 1 < tokens.length ? toMs(timestamps[last + 1]!) : durationMs
  const lastMs = toMs(timestamps[last]!)
  const told = durations?.length === tokens.length ? toMs(durations[last]!) : 0
  const endMs = told > 0 ? lastMs + told : Math.min(nextMs, lastMs + MAX_TOKEN_MS)
  const confidence = meanProbability(ys_log_probs, tokens.length, indexes)
  return {
    text: indexes.map((index) => bare(tokens[index]!)).join(''),
    startMs,
    endMs: Math.max(startMs, Math.min(durationMs, endMs)),
    ...(confidence === undefined ? {} : { confidence }),
  }
}

function meanProbability(logProbs: number[] | undefined, tokens: number, indexes: number[]): number | undefined {
  if (logProbs?.length !== tokens) return undefined
  const mean = indexes.reduce((sum, index) => sum + logProbs[index]!, 0) / indexes.length
  return Math.min(1, Math.exp(mean))
}

const toMs = (seconds: number): number => Math.round(seconds * 1000)
