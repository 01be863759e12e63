/**
 * A character model of Spanish as `tiny-es` spells it: how likely is each letter after the three before it. Four-grams
 * with Witten–Bell smoothing over three-grams; see `build-char-model.ts`.
 */

/** The recognizer's alphabet, word limit first. */
export const ALPHABET = ' abcdefghijklmnopqrstuvwxyzñáéíóúü'
export const SIZE = ALPHABET.length
/** Logarithms are stored in steps of 1/16, negated, in one byte. */
export const STEPS = 16

const CODES = new Map([...ALPHABET].map((letter, code) => [letter, code]))

/** Letter codes of a text between word limits: three ahead, one behind. Other characters are passed over. */
export function codesOf(text: string): Uint8Array {
  const letters = text.toLowerCase().replaceAll(/\s+/g, ' ').trim()
  const codes = new Uint8Array(letters.length + 4)
  let end = 3
  // all of the alphabet is one UTF-16 unit a letter
  for (let at = 0; at < letters.length; at += 1) {
    const code = CODES.get(letters[at]!)
    if (code !== undefined) codes[end++] = code
  }
  return codes.subarray(0, end + 1)
}

export interface CharModel {
  /** Mean natural logarithm of a letter's probability, word limits included; NaN for a text without letters. */
  score(text: string): number
}

/** @param bytes - three-gram probabilities, four-gram back-off weights (both SIZE³ bytes), then seen four-grams as (index << 8 | value), little-endian, ascending */
export function parseCharModel(bytes: Uint8Array): CharModel {
  const cube = SIZE ** 3
  const trigrams = bytes.subarray(0, cube)
  const backoffs = bytes.subarray(cube, 2 * cube)
  const view = new DataView(bytes.buffer, bytes.byteOffset + 2 * cube)
  const fourgrams = new Map<number, number>()
  for (let at = 0; at + 4 <= view.byteLength; at += 4) {
    const entry = view.getUint32(at, true)
    fourgrams.set(entry >>> 8, entry & 0xff)
  }
  const cost = (context: number, letter: number): number => {
    const seen = fourgrams.get(context * SIZE + letter)
    return seen ?? backoffs[context]! + trigrams[(context % SIZE ** 2) * SIZE + letter]!
  }
  return {
    score(text) {
      const codes = codesOf(text)
      if (codes.length === 4) return Number.NaN
      let sum = 0
      for (let at = 3; at < codes.length; at += 1)
        sum += cost((codes[at - 3]! * SIZE + codes[at - 2]!) * SIZE + codes[at - 1]!, codes[at]!)
      return -sum / STEPS / (codes.length - 3)
    },
  }
}
