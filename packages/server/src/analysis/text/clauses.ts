import type { Segment } from '@vigia/protocol'
import { type RuleLanguage, toldLanguage } from './language.ts'
import { type Token, tokenize } from './tokens.ts'

/** Sentences out of segments, with punctuation or without. Pure. */

/** A statement of one speaker: the unit that cues are looked for in. */
export interface Clause {
  /** Place among all clauses of the session. */
  index: number
  /** Place of its speaker turn. */
  turn: number
  segmentId: string
  speaker: string
  /** Seconds. */
  start: number
  /** Verbatim part of the segment's text. */
  text: string
  tokens: Token[]
  /** Folded words with one space between: what patterns are matched on. */
  plain: string
  question: boolean
  /** Whose rules read it: that of its own words, else of its segment, else of the talk. */
  language: RuleLanguage
}

/** A pause inside unpunctuated text that ends a clause. Measured with the demo recognizer: inside clauses below 250 ms. */
const PAUSE_S = 0.35
/** Parts shorter than this many words are not cut off by a connector. */
const MIN_WORDS = 2

const OPENERS =
  /^(?:de acuerdo|muy bien|esta bien|perfecto|vale|hecho|genial|claro que si|claro|si|bueno|buenos dias(?: \S+)?|buenas (?:tardes|noches)(?: \S+)?|hola|okey|ok|okay|venga|entendido|exacto|sure|great|agreed|all right|good morning(?: \S+)?|yes|perfect)$/u
/** Before these a new clause begins in text without punctuation. */
const STARTERS =
  /^(?:pero|entonces|asi que|tambien hay|ademas|por cierto|otra cosa|ojo|cuidado|propongo|decidimos|acordamos|hemos decidido|hemos acordado|quedamos en|gracias|yo (?!\S+ (?:creo|pienso))\S+|(?:mañana|luego|despues|hoy|esta tarde) (?:te |le |les |os |lo |la |los |las |se )*\S+(?:re|remos)\b|y (?:hoy|mañana|ahora|luego) (?:voy|vamos|tengo|tenemos) |but|so i|so we|also|we decided|i will|i'll|we need)/u
const QUESTION_WORDS = /^(?:qué|quién|quiénes|cuándo|cuánto|cuánta|cuántos|cuántas|dónde|cuál|cuáles|cómo|por qué)$/u
/** A hypothesis keeps what follows from it. */
const HYPOTHESIS = /^(?:si (?!claro|vale)|quizas?|a lo mejor|ojala|tal vez|cuando |maybe|perhaps|if |when )/u
const ENGLISH_QUESTION =
  /^(?:(?:and |but |so )?(?:who|whose|which) \S+|(?:what|when|where|why|how) (?:is|are|was|do|does|did|can|should|will|much|many)|(?:do|does|did|can|could|should) (?:we|you|they|he|she) )/u
/** After these a question word belongs to the clause: “no sé qué”. */
const EMBEDS =
  /(?:^| )(?:se|sabe|sabes|sabemos|saben|saber|ver|decir|dime|falta|pregunta|preguntar|preguntarle|explica|de|por|para|a|con|en|y)$/u

/**
 * The clauses of segments, in order. Segments without words give none.
 *
 * @param usual - the language of clauses whose words do not tell
 */
export function splitClauses(segments: readonly Segment[], usual: RuleLanguage = 'es'): Clause[] {
  const clauses: Clause[] = []
  let turn = -1
  let last: string | undefined
  for (const segment of segments) {
    const speaker = segment.speaker ?? '?'
    if (speaker !== last || turn < 0) turn++
    last = speaker
    const language = toldLanguage(tokenize(segment.text), usual) ?? usual
    for (const part of splitSegment(segment)) {
      const own = toldLanguage(part.tokens, usual) ?? language
      clauses.push({ index: clauses.length, turn, segmentId: segment.id, speaker, start: segment.start, ...part, language: own })
    }
  }
  return clauses
}

type Part = Pick<Clause, 'text' | 'tokens' | 'plain' | 'question'>

function splitSegment(segment: Segment): Part[] {
  const sentences = splitSentences(segment.text)
  const isPunctuated = /[.?!…,;]/u.test(segment.text)
  return sentences.flatMap((sentence) => {
    const tokens = tokenize(sentence)
    if (tokens.length === 0) return []
    const cuts = isPunctuated ? connectorCuts(sentence, tokens) : spokenCuts(tokens, segment)
    return toParts(sentence, tokens, cuts)
  })
}

/** Cuts after `.`, `?`, `!`, `…`, `;` before a space, and before `¿` and `¡`. */
function splitSentences(text: string): string[] {
  return text
    .split(/(?<=[.?!…;]["»”)]*)\s+|\s+(?=[¿¡])/u)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
}

/** In punctuated text only a comma with a contrasting or concluding word cuts. */
function connectorCuts(sentence: string, tokens: readonly Token[]): number[] {
  return tokens.flatMap((token, i) => {
    if (i === 0) return []
    const gap = sentence.slice(tokens[i - 1]!.end, token.start)
    if (!gap.includes(',')) return []
    const rest = plainOf(tokens.slice(i, i + 4))
    return /^(?:pero (?!sin)|entonces|asi que|y yo|yo |but |so |and i(?:'ll| will))/u.test(rest) ? [i] : []
  })
}

/** In text without punctuation: pauses, openers, connectors and question words. */
function spokenCuts(tokens: readonly Token[], segment: Segment): number[] {
  const pauses = pausesBefore(tokens, segment)
  const cuts: number[] = []
  let from = 0
  for (let i = 1; i < tokens.length; i++) {
    const before = plainOf(tokens.slice(from, i))
    const rest = plainOf(tokens.slice(i, i + 6))
    const isEnough = i - from >= MIN_WORDS
    const isCut =
      pauses.has(i) ||
      (isOpener(before, rest) && !isOpener(`${before} ${tokens[i]!.plain}`, '')) ||
      (isEnough && STARTERS.test(rest) && !/^pero sin/u.test(rest) && !HYPOTHESIS.test(before)) ||
      (isEnough && QUESTION_WORDS.test(questionWord(tokens, i)) && !EMBEDS.test(before))
    if (!isCut) continue
    cuts.push(i)
    from = i
  }
  return cuts
}

function isOpener(before: string, rest: string): boolean {
  if (!OPENERS.test(before)) return false
  return !(before === 'si' && /^(?:no|tuviera|fuera|falla|llueve|pudiera)\b/u.test(rest))
}

function questionWord(tokens: readonly Token[], i: number): string {
  const word = tokens[i]!.lower
  return word === 'por' && tokens[i + 1]?.lower === 'qué' ? 'por qué' : word
}

/** Indices of tokens before which the speaker paused; empty where words and tokens do not match one to one. */
function pausesBefore(tokens: readonly Token[], segment: Segment): Set<number> {
  const words = segment.words ?? []
  const found = new Set<number>()
  if (words.length !== tokens.length) return found
  for (let i = 1; i < words.length; i++) if (words[i]!.start - words[i - 1]!.end >= PAUSE_S) found.add(i)
  return found
}

function toParts(sentence: string, tokens: readonly Token[], cuts: readonly number[]): Part[] {
  const edges = [0, ...cuts, tokens.length]
  return edges.slice(1).flatMap((to, i): Part[] => {
    const from = edges[i]!
    const startAt = from === 0 ? 0 : tokens[from]!.start
    const endAt = to === tokens.length ? sentence.length : tokens[to]!.start
    const raw = sentence.slice(startAt, endAt)
    const text = raw.replace(/[\s,;:]+$/u, '')
    const own = tokenize(text)
    if (own.length === 0) return []
    const marked = sentence.slice(startAt, endAt).includes('?') || (sentence.startsWith('¿') && to === tokens.length)
    return [
      {
        text,
        tokens: own,
        plain: plainOf(own),
        question: marked || QUESTION_WORDS.test(questionWord(own, 0)) || ENGLISH_QUESTION.test(plainOf(own)),
      },
    ]
  })
}

/** Folded words with one space between. */
export function plainOf(tokens: readonly Token[]): string {
  return tokens.map((token) => token.plain).join(' ')
}
