import type { Decode } from '../../asr.ts'
import type { CharModel } from './char-model.ts'

/**
 * Tells what `tiny-es` makes of a synthetic voice from what it makes of a real one, which is gibberish. Two signs: the
 * letters are unlikely Spanish, and the same sound played a little slower gives other letters. Bounds are chosen on the
 * recordings of the table in `docs/engines-embedded.md`, which `evaluate-gate.ts` prints.
 */

/** Mean log probability of a letter below which text is gibberish. Synthetic utterances: −2.8 and above; real ones as the session cuts them: −3.9 and below. */
export const MIN_SCORE = -3.2
/** From here on, and with enough letters, the second decoding is not needed. */
const CLEAR_SCORE = -2.6
const CLEAR_LETTERS = 16
/** Share of letters that a slower rendering must give again. Synthetic utterances: 0.91 and above; real ones: 0.83 and below. */
export const MIN_AGREEMENT = 0.85
/** Playing time of the second rendering over the first. */
const STRETCH = 1 / 0.96

/** Whole utterances of one to three letters that people say; other scraps of this length are no utterance. */
const SHORTEST = new Set([
  'sí',
  'si',
  'no',
  'ya',
  'ah',
  'eh',
  'oh',
  'ay',
  'oye',
  'ven',
  've',
  'voy',
  'fin',
  'uno',
  'dos',
  'mil',
  'hoy',
  'él',
  'yo',
  'tú',
])

export interface Verdict {
  reliable: boolean
  /** Of the character model. */
  score: number
  /** Share of letters in common with the second decoding; null when it was not needed. */
  agreement: number | null
}

/**
 * Judges one decoding.
 *
 * @param again - decodes the slower rendering; called only when the text alone does not decide
 */
export async function judge(text: string, model: CharModel, again: () => Promise<string>): Promise<Verdict> {
  const score = model.score(text)
  if (!(score >= MIN_SCORE)) return { reliable: false, score, agreement: null }
  if (text.length <= 3 && !SHORTEST.has(text)) return { reliable: false, score, agreement: null }
  if (score >= CLEAR_SCORE && text.length >= CLEAR_LETTERS) return { reliable: true, score, agreement: null }
  const agreement = similarity(text, await again())
  return { reliable: agreement >= MIN_AGREEMENT, score, agreement }
}

/** Marks what does not pass as `excluded: 'unreliable'`. */
export function reliabilityGate(model: CharModel): (decode: Decode) => Decode {
  return (decode) => async (samples, options, signal) => {
    const result = await decode(samples, options, signal)
    if (result.text === '') return result
    const { reliable } = await judge(result.text, model, async () => (await decode(stretched(samples), options, signal)).text)
    return reliable ? result : { ...result, excluded: 'unreliable' }
  }
}

/** Plays the samples slower and lower by a few per cent; linear interpolation is enough for a second opinion. */
export function stretched(samples: Int16Array): Int16Array {
  const out = new Int16Array(Math.max(0, Math.floor((samples.length - 1) * STRETCH)))
  for (let at = 0; at < out.length; at += 1) {
    const from = at / STRETCH
    const left = Math.floor(from)
    out[at] = Math.round(samples[left]! + (samples[left + 1]! - samples[left]!) * (from - left))
  }
  return out
}

/** 1 less the edit distance over the longer length. */
export function similarity(a: string, b: string): number {
  const longer = Math.max(a.length, b.length)
  return longer === 0 ? 1 : 1 - editDistance(a, b) / longer
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
