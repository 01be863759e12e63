/**
 * How finished a turn reads, 0–1. The scale follows the rule classifiers of peers: final punctuation .95, a dangling conjunction .15,
 * a dangling article or preposition .2, few words .7, else .6 (.5 there; recognizers here give no punctuation, and the least wait
 * covers the rest).
 */

const list = (words: string): ReadonlySet<string> => new Set(words.split(' '))

/** Words after which something must come. */
const CONJUNCTIONS: Record<string, ReadonlySet<string>> = {
  es: list('y e o u ni pero aunque porque que si cuando como mientras pues entonces ademas sino donde quien cual cuyo asi'),
  en: list('and or but nor because that if when while although though so since unless whether then which who whose'),
}
const OPENERS: Record<string, ReadonlySet<string>> = {
  es: list(
    'el la los las un una unos unas lo al del de a con por para en sin sobre entre hasta desde hacia segun mi tu su mis tus sus ' +
      'estos estas nuestro nuestra muy tan quiero quisiera necesito puedes podrias dime eh em oye',
  ),
  en: list(
    'the a an of to with by for in on at from into about between my your his her its our their this these those very more i you ' +
      'we they he she want need could can would um uh er well like tell',
  ),
}

const TAGS = /(?:\bno|\bverdad|\bvale|\beh|\bright|\bisn't it|\bok)\?$/u

export function completeness(text: string, language: string): number {
  const trimmed = text.trim()
  if (trimmed === '') return 0.3
  if (TAGS.test(trimmed)) return 0.85
  if (/(?:\.\.\.|…|,|:|;|-)$/u.test(trimmed)) return 0.15
  if (/[.!?]["»”)]*$/u.test(trimmed)) return 0.95
  const words = trimmed
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter((word) => word !== '')
  const last = words.at(-1) ?? ''
  const tag = language.startsWith('en') ? 'en' : 'es'
  if (CONJUNCTIONS[tag]!.has(last) && words.length > 1) return 0.15
  if (OPENERS[tag]!.has(last)) return 0.2
  return words.length < 3 ? 0.7 : 0.6
}
