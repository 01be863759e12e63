/** Words of live speech, folded so that accents, case and punctuation do not matter. Pure. */

/** Folded words of a text. */
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** Sounds of hesitation: nobody waits for an answer to them. */
const FILLERS = new Set(
  'eh ehh em emm mm mmm hm hmm ah ahh oh uh uhm um umm er erm este esto bueno pues o sea well so like'.split(' '),
)

/** What a listener says while the other goes on speaking. */
const BACKCHANNELS = new Set(
  (
    'aja ja si sip claro vale ok okay okey ya mhm mm mmm uhum hum bien bueno entiendo perfecto exacto genial ah oh ' +
    'yeah yes yep right sure aha uhuh huh cool great i see'
  ).split(' '),
)

/** What asks for silence, alone or with a few words beside it. */
const STOPS = new Set('para parate basta callate calla espera silencio detente stop wait quiet hush cancel cancela'.split(' '))

/** True when nothing but hesitation was said; also for no words at all. */
export const isFiller = (words: readonly string[]): boolean => words.every((word) => FILLERS.has(word))

/** True for an "ajá" or two: the listener is still there. Longer runs are speech. */
export const isBackchannel = (words: readonly string[]): boolean =>
  words.length > 0 && words.length <= 3 && words.every((word) => BACKCHANNELS.has(word) || FILLERS.has(word))

/** True when the speaker asks for silence. */
export const isStop = (words: readonly string[]): boolean => words.length <= 4 && words.some((word) => STOPS.has(word))

/**
 * Share (0–1) of the letters that stand in what was spoken, by runs of three: a recognizer that hears a loudspeaker writes other
 * words with the same sounds. Unrelated Spanish sentences share a fifth to two fifths of their runs.
 */
export function soundShare(words: readonly string[], spoken: readonly string[]): number {
  const heard = trigrams(words)
  if (heard.size < 6) return 0
  const said = trigrams(spoken)
  let hits = 0
  for (const run of heard) if (said.has(run)) hits += 1
  return hits / heard.size
}

function trigrams(words: readonly string[]): Set<string> {
  const text = words
    .join('')
    .replace(/[bv]/g, 'b')
    .replace(/[hñ]/g, '')
    .replace(/[zs]|c(?=[ei])/g, 's')
    .replace(/ll/g, 'y')
  return new Set(Array.from({ length: Math.max(0, text.length - 2) }, (_, i) => text.slice(i, i + 3)))
}

/**
 * Share (0–1) of the words that stand, in order and close together, in what was spoken: how much of it is an echo.
 * A word may be skipped on either side, as a recognizer that hears a loudspeaker does.
 */
export function overlapShare(words: readonly string[], spoken: readonly string[]): number {
  if (words.length === 0) return 0
  let best = 0
  for (let start = 0; start < spoken.length; start += 1) {
    if (!similar(words[0]!, spoken[start]!) && !(words.length > 1 && similar(words[1]!, spoken[start]!))) continue
    best = Math.max(best, matched(words, spoken, start))
    if (best === words.length) break
  }
  return best / words.length
}

function matched(words: readonly string[], spoken: readonly string[], start: number): number {
  let hits = 0
  let at = start
  for (const word of words) {
    const found = [0, 1, 2].find((skip) => at + skip < spoken.length && similar(word, spoken[at + skip]!))
    if (found === undefined) continue
    hits += 1
    at += found + 1
  }
  return hits
}

/** Equal, or one letter apart in a long word: a loudspeaker's words come back worn. */
function similar(a: string, b: string): boolean {
  if (a === b) return true
  if (Math.min(a.length, b.length) < 4 || Math.abs(a.length - b.length) > 1) return false
  let i = 0
  while (i < a.length && a[i] === b[i]) i += 1
  let j = 0
  while (j < Math.min(a.length, b.length) - i && a[a.length - 1 - j] === b[b.length - 1 - j]) j += 1
  return Math.max(a.length, b.length) - i - j <= 1
}
