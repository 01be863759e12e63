/** Repetition loops, into which recognizers and language models fall on noise and silence. Pure. */

/** Longest phrase that is looked for, words. */
const MAX_PHRASE = 12
/** People say a word three times ("no, no, no"), a phrase twice. */
const MIN_REPEATS_WORD = 6
const MIN_REPEATS_PHRASE = 4
/** Share of the words that must lie in the loop. */
const MIN_SHARE = 0.6
/** Nobody speaks so many letters a second; counted from two seconds on. */
const MAX_LETTERS_PER_SECOND = 40

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)

/**
 * True when most of the text is one word or phrase over and over, or when there is more of it than can be said.
 *
 * @param durationMs - of the audio
 */
export function isLoop(text: string, durationMs: number): boolean {
  const words = wordsOf(text)
  if (words.length >= MIN_REPEATS_WORD && longestLoop(words) >= words.length * MIN_SHARE) return true
  const letters = words.reduce((sum, word) => sum + word.length, 0)
  return durationMs >= 2000 && letters / (durationMs / 1000) > MAX_LETTERS_PER_SECOND
}

/** Words in the longest run of a repeated phrase. */
export function longestLoop(words: readonly string[]): number {
  let longest = 0
  for (let size = 1; size <= Math.min(MAX_PHRASE, Math.floor(words.length / 2)); size += 1) {
    let equal = 0
    for (let at = size; at < words.length; at += 1) {
      equal = words[at] === words[at - size] ? equal + 1 : 0
      const repeats = Math.floor(equal / size) + 1
      if (repeats >= (size === 1 ? MIN_REPEATS_WORD : MIN_REPEATS_PHRASE)) longest = Math.max(longest, equal + size)
    }
  }
  return longest
}
