import { type Day, localDay, toIso } from './calendar.ts'
import { type DateRule, EN_RULES } from './dates-en.ts'
import { ES_RULES } from './dates-es.ts'
import { fold } from './text/fold.ts'
import { type Token, tokenize } from './text/tokens.ts'

/** Dates that people say, resolved against the day of the session. Own rules: see the table in `dates.test.ts`. Pure. */

/** A date found in a text. */
export interface DateMention {
  /** The words as said. */
  text: string
  /** Offsets in the text; end exclusive. */
  start: number
  end: number
  /** `YYYY-MM-DD`; absent where the words name no day, or one that is past. Never holds an hour that was not said. */
  iso?: string
  /** `tentative` where the words leave a choice: “esta semana”, “el próximo viernes”. */
  certainty: 'firm' | 'tentative'
}

/** The day from which relative dates count. */
export interface DateReference {
  today: Day
  language: 'es' | 'en'
}

/** @param startedAt - ISO 8601 @param timeZone - IANA name */
export function dateReference(startedAt: string, timeZone: string, language: 'es' | 'en'): DateReference {
  return { today: localDay(startedAt, timeZone), language }
}

/** The same day, for words in their own language. */
export function inLanguage(reference: DateReference, { language }: Pick<DateReference, 'language'>): DateReference {
  return reference.language === language ? reference : { ...reference, language }
}

/** A date needs one of these; most sentences have none. */
const HINT =
  /\d|hoy|mañana|tarde|noche|ayer|pasad|semana|mes|año|lunes|martes|miercoles|jueves|viernes|sabado|domingo|dia|ahor|rato|antes|enseguida|primera hora|enero|febrero|marzo|abril|mayo|junio|julio|agosto|tiembre|octubre|viembre|diciembre|hora|minuto|principios|primeros|mediados|final|ya mismo|day|tonight|morning|afternoon|evening|tomorrow|asap|possible|right away|straight away|now|first|second|third|th|couple|fortnight|week|month|night|january|february|march|april|may|june|july|august|september|october|november|december/u

/** All dates in a text, in order; of overlapping readings the longest. */
export function findDates(text: string, reference: DateReference): DateMention[] {
  if (!HINT.test(fold(text))) return []
  const tokens = tokenize(text)
  const mentions: DateMention[] = []
  for (let from = 0; from < tokens.length; ) {
    const found = longestAt(tokens, from, reference)
    if (!found) {
      from++
      continue
    }
    mentions.push(toMention(text, tokens.slice(found.from, found.to), found.day, found.certainty, reference.today))
    from = found.to
  }
  return mentions
}

/**
 * The date that counts in a stretch of talk: the last one said, since people correct themselves; “la reunión del viernes”
 * tells which meeting, and counts only where no other date is said.
 */
export function resolveDate(text: string, reference: DateReference): DateMention | null {
  const all = findDates(text, reference)
  const own = all.filter((mention) => !isOfNoun(text, mention))
  const counting = own.some(({ iso }) => iso !== undefined) ? own : all
  return counting.findLast((mention) => mention.iso !== undefined) ?? all.at(-1) ?? null
}

/** A day that belongs to a thing: “las notas del lunes”, “Friday's list”. */
function isOfNoun(text: string, { text: words, start, end }: DateMention): boolean {
  const isOf = /^(?:del?|of)\s/iu.test(words) || /\b(?:del?|of)\s+$/iu.test(text.slice(0, start))
  const isBounded = /(?:antes|partir|después|despues|dentro|end|finales|fin|principios|mediados)\s+(?:del?|of)?\s*$/iu.test(
    text.slice(0, start),
  )
  return (isOf && !isBounded) || /^['’]s\b/u.test(text.slice(end))
}

interface Reading {
  from: number
  to: number
  day: Day | null
  certainty: 'firm' | 'tentative'
}

/** Days that people name in the other language: “te lo mando by Friday”, “I'll send it el viernes”. */
const SWITCHED = {
  es: /^(?:(?:by|before|until|on|next|this) )?(?:tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: |$)/u,
  en: /^(?:(?:para|antes de|antes del|hasta|el|este) ){0,2}(?:mañana|lunes|martes|miercoles|jueves|viernes|sabado|domingo)(?: |$)/u,
} // biome-ignore format: a table

/** Where the rules of its language read no date, those of the other read a day that is plainly named. */
function longestAt(tokens: readonly Token[], from: number, reference: DateReference): Reading | null {
  const plain = tokens.slice(from).map((token) => token.plain)
  const own = longest(plain, from, reference)
  if (own || !SWITCHED[reference.language].test(plain.slice(0, 4).join(' '))) return own
  return longest(plain, from, { ...reference, language: reference.language === 'es' ? 'en' : 'es' })
}

function longest(plain: readonly string[], from: number, { today, language }: DateReference): Reading | null {
  let best: Reading | null = null
  const rules: readonly DateRule[] = language === 'es' ? ES_RULES : EN_RULES
  for (const rule of rules) {
    const match = rule(plain, today)
    if (!match || (best && match.length <= best.to - best.from)) continue
    best = { from, to: from + match.length, day: match.day, certainty: match.certainty ?? 'firm' }
  }
  return best
}

function toMention(
  text: string,
  tokens: readonly Token[],
  day: Day | null,
  certainty: 'firm' | 'tentative',
  today: Day,
): DateMention {
  const [start, end] = [tokens[0]!.start, tokens.at(-1)!.end]
  const isAhead = day !== null && day >= today
  return { text: text.slice(start, end), start, end, ...(isAhead ? { iso: toIso(day) } : {}), certainty }
}
