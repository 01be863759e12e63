import { isInstruction } from '../cue-sets.ts'
import { contentStems, isDisregarded } from '../statements.ts'
import type { Clause } from '../text/clauses.ts'
import { numberAt } from '../text/numbers.ts'
import { tokenize } from '../text/tokens.ts'

/** Single checks of a model's text against what was said. Pure. */

/** Share of the stems of a text that are in another. A text without stems is nowhere. */
export function containment(text: string, in_: string, language: 'es' | 'en'): number {
  const stems = contentStems(tokenize(text), language)
  return stems.size === 0 ? 0 : stems.intersection(contentStems(tokenize(in_), language)).size / stems.size
}

/** Numbers of a text as digits, number words of both languages included. */
function numbersOf(text: string): Set<string> {
  const words = tokenize(text).map(({ plain }) => plain)
  const found = words.flatMap((word, i) => {
    if (/\d/u.test(word)) return [word.replace(/[.,](?=\d{3}\b)/gu, ''), ...(word.match(/\d+/gu) ?? [])]
    const number = numberAt(words, i)
    return number ? [String(number.value)] : []
  })
  return new Set(found)
}

/** Numbers, addresses and names that the evidence does not hold: what models make up. */
export function inventedTokens(text: string, evidence: string, known: ReadonlySet<string>): string[] {
  const said = new Set(tokenize(evidence).map(({ plain }) => plain))
  const numbers = numbersOf(evidence)
  const tokens = tokenize(text)
  const digits = tokens
    .filter(({ plain }) => /\d/u.test(plain))
    .filter(({ plain }) => !said.has(plain) && !(plain.match(/\d+/gu) ?? []).every((n) => numbers.has(n)))
  const names = tokens.filter(
    (token, i) => i > 0 && isNameLike(text, token.start, token.text) && !said.has(token.plain) && !known.has(token.plain),
  )
  const addresses = (text.match(/\S+@\S+|https?:\/\/\S+|www\.\S+/giu) ?? []).filter(
    (address) => !evidence.toLowerCase().includes(address.toLowerCase()),
  )
  return [...digits, ...names].map(({ text: word }) => word).concat(addresses)
}

/** A capital inside a sentence. */
function isNameLike(text: string, at: number, word: string): boolean {
  return /^\p{Lu}\p{Ll}/u.test(word) && !/(?:^|[.!?¿¡:«"“]\s*)$/u.test(text.slice(0, at))
}

const ES = new Set('el la los las de que y en un una para con por se lo al del es no su'.split(' '))
const EN = new Set('the and of to in is that it for with on we you this be are not will a'.split(' '))
/** Shorter texts tell no language. */
const MIN_WORDS = 6

/** True for a text that is plainly in the other of our languages. */
export function isOtherLanguage(text: string, language: 'es' | 'en'): boolean {
  const words = tokenize(text).map(({ plain }) => plain)
  if (isOtherScript(text)) return true
  if (words.length < MIN_WORDS) return false
  const count = (set: ReadonlySet<string>) => words.filter((word) => set.has(word)).length
  const [own, other] = language === 'es' ? [count(ES), count(EN)] : [count(EN), count(ES)]
  return other > own + 1
}

function isOtherScript(text: string): boolean {
  const foreign = [...text].filter((letter) => /\p{L}/u.test(letter) && !/\p{Script=Latin}/u.test(letter)).length
  return foreign > text.length / 4
}

/** Small words of French, Portuguese, German and Italian that neither of ours has. Folded. */
const THIRD = new Set(
  `nous vous dans avec pour sont cette est pas et ne qui du des nao voce uma com pelos isso ist und nicht mit wir fur ein eine
sono della gli nella anche questo`.split(/\s+/u),
)

/** True for a text that is plainly in none of our languages. */
export function isThirdLanguage(text: string): boolean {
  const words = tokenize(text).map(({ plain }) => plain)
  if (words.length < MIN_WORDS) return false
  const count = (set: ReadonlySet<string>) => words.filter((word) => set.has(word)).length
  return count(THIRD) > Math.max(count(ES), count(EN)) + 1
}

/** Words of our questions, as no talk has them. */
const PROMPT_WORDS = /\(?shown, not said\)?|\b(?:Fin de DATOS|End of DATA|DATOS \/ DATA)\b[.:]?|\bk\d+:\s/gu

/** Speaker letters, line heads, photo numbers and words of our questions that leaked into a text are taken out. */
export function withoutKeys(text: string): string {
  return text
    .replace(PROMPT_WORDS, '')
    .replace(/\[\s*F?\d+(?:\s+\S{1,3})?\s*\]/gu, '')
    .replace(/\(\s*(?:l[ií]neas?|lines?)?\s*F?\d+(?:\s*[,y-]\s*F?\d+)*\s*(?:[A-Z]\s*)?\)(?=\s|[.,;]|$)/giu, '')
    .replace(/\b(?:[Hh]ablante|[Ss]peaker|[Pp]articipante|[Pp]articipant|[Pp]ersona|[Pp]erson)\s+(?:[A-Z]|S?\d+)\b/gu, '')
    .replace(/\bS\d{1,2}\b/gu, '')
    .replace(/\s{2,}/gu, ' ')
    .replace(/\s+([.,;:])/gu, '$1')
    .replace(/^[\s.,;:-]+/u, '')
    .trim()
}

/** Clauses that speak to an assistant, and what photos show in letters: no item may rest on them. */
export function orders(clauses: readonly Clause[], shown: readonly string[]): string[] {
  return [...clauses.filter(({ plain }) => isInstruction(plain)).map(({ text }) => text), ...shown]
}

/** True when the words of a claim come from an order to an assistant rather than from what it cites. */
export function obeysOrder(claim: string, evidence: string, orderTexts: readonly string[], language: 'es' | 'en'): boolean {
  const cited = containment(claim, evidence, language)
  return orderTexts.some((order) => {
    const share = containment(claim, order, language)
    return share >= 0.5 && share > cited
  })
}

/** Why the cited clauses must not count, if they must not. */
export function vetoOf(cited: readonly Clause[], all: readonly Clause[]): 'instruction' | 'disregarded' | null {
  if (cited.length === 0) return null
  if (cited.every(({ plain }) => isInstruction(plain))) return 'instruction'
  return cited.every((clause) => isDisregarded(clause, all)) ? 'disregarded' : null
}
