import { type Day, dayOf, monthEnd, partsOf, weekdayOf } from './calendar.ts'
import { numberAt } from './text/numbers.ts'

/** English date phrases, on folded words, and the calendar steps that both languages share. */

/** What a rule read: how many words, and the day they name, if any. */
export interface DateMatch {
  length: number
  day: Day | null
  certainty?: 'firm' | 'tentative'
}

/** Reads a date at the beginning of the words. */
export type DateRule = (plain: readonly string[], today: Day) => DateMatch | null

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const MONTHS = 'january february march april may june july august september october november december'.split(' ')

/** The next such weekday after today; today's own weekday means in a week. */
export function nextWeekday(today: Day, weekday: number): Day {
  return today + ((weekday - weekdayOf(today) + 6) % 7) + 1
}

/** The next day of a month with this number that is not past and that `accepts`; looks `months` months ahead. */
export function nextMonthDay(today: Day, date: number, accepts: (day: Day) => boolean = () => true, months = 12): Day | null {
  const { year, month } = partsOf(today)
  for (let offset = 0; offset <= months; offset++) {
    const day = dayOf(year, month + offset, date)
    if (day !== null && day >= today && accepts(day)) return day
  }
  return null
}

/** That day of this year, or of the next when it is more than half a year past. A day just past stays past. */
export function nextYearly(today: Day, month: number, date: number, year?: number): Day | null {
  if (year !== undefined) return dayOf(year, month, date)
  const current = partsOf(today).year
  const day = dayOf(current, month, date)
  return day !== null && day < today - 182 ? dayOf(current + 1, month, date) : day
}

/** `15/04` or `04/15/2026`; undefined where the word is no such date. */
export function numericDate(word: string, today: Day, order: 'day-first' | 'month-first'): Day | null | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?$/u.exec(word)
  if (!match) return undefined
  const [a, b] = [Number(match[1]), Number(match[2])]
  const [date, month] = order === 'day-first' ? [a, b] : [b, a]
  if (month < 1 || month > 12) return null
  return nextYearly(today, month, date, match[3] ? Number(match[3]) : undefined)
}

function phrase(pattern: string, day: (today: Day) => Day | null, certainty: DateMatch['certainty'] = 'firm'): DateRule {
  const expression = new RegExp(`^(?:(?:by|before|until|on|from|for) )?(?:${pattern})(?= |$)`, 'u')
  return (plain, today) => {
    const match = expression.exec(plain.slice(0, 8).join(' '))
    return match ? { length: match[0].split(' ').length, day: day(today), certainty } : null
  }
}

const FIXED: DateRule[] = [
  phrase('today|tonight|this (?:afternoon|evening|morning)|(?:the )?end of (?:the )?day', (today) => today),
  phrase('tomorrow(?: (?:morning|afternoon|evening|night))?', (today) => today + 1),
  phrase('the day after tomorrow', (today) => today + 2),
  phrase('(?:the )?week after next', (today) => today + 18 - weekdayOf(today), 'tentative'),
  phrase('later today', (today) => today),
  phrase('right away|right now|straight away|now(?=$)', (today) => today, 'tentative'),
  phrase('asap|as soon as possible', () => null, 'tentative'),
  phrase('early next week', (today) => today + 7 - weekdayOf(today), 'tentative'),
  phrase('(?:the )?end of next week', (today) => today + 11 - weekdayOf(today), 'tentative'),
  phrase('(?:this|the) weekend', (today) => (weekdayOf(today) === 6 ? today : today + 5 - weekdayOf(today)), 'tentative'),
  phrase(
    'this week|(?:the )?end of (?:the|this) week',
    (today) => (weekdayOf(today) > 4 ? today : today + 4 - weekdayOf(today)),
    'tentative',
  ),
  phrase('next week', (today) => today + 11 - weekdayOf(today), 'tentative'),
  phrase('(?:the )?end of (?:the|this) month', (today) => monthEnd(today)),
  phrase('next month', (today) => monthEnd(today, 1), 'tentative'),
  phrase('yesterday|last night', (today) => today - 1),
  phrase('last (?:week|month)', (today) => today - 7),
]

function weekdayRule(plain: readonly string[], today: Day): DateMatch | null {
  const match = /^(?:(?:by|before|on|until|for) )?(?:(next|this|last) )?([a-z]+)(?: (?:morning|afternoon|evening))?(?= |$)/u.exec(
    plain.slice(0, 5).join(' '),
  )
  const weekday = WEEKDAYS.indexOf(match?.[2] ?? '')
  if (!match || weekday < 0) return null
  const day = nextWeekday(today, weekday)
  return {
    length: match[0].split(' ').length,
    day: match[1] === 'last' ? day - 7 : day,
    certainty: match[1] === 'next' ? 'tentative' : 'firm',
  }
}

/** `May 15`, `May fifteenth`, `the 15th of May`, `15 May`. */
function monthRule(plain: readonly string[], today: Day): DateMatch | null {
  let at = /^(?:by|before|on|until)$/u.test(plain[0] ?? '') ? 1 : 0
  if (plain[at] === 'the') at++
  const month = MONTHS.indexOf(plain[at] ?? '') + 1
  const from = month > 0 ? at + 1 : at
  const number = ordinalAt(plain, from) ?? numberAt(plain, from)
  if (!number || number.value < 1 || number.value > 31) return null
  if (month > 0) return { length: at + 1 + number.length, day: nextYearly(today, month, number.value) }
  const after = at + number.length + (plain[at + number.length] === 'of' ? 1 : 0)
  const named = MONTHS.indexOf(plain[after] ?? '') + 1
  return named > 0 ? { length: after + 1, day: nextYearly(today, named, number.value) } : null
}

const ORDINALS =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  )

/** `fifteenth`, `twenty-first`, `15th`. */
function ordinalAt(plain: readonly string[], from: number): { value: number; length: number } | null {
  const word = plain[from] ?? ''
  if (/^\d{1,2}(?:st|nd|rd|th)$/u.test(word)) return { value: Number.parseInt(word, 10), length: 1 }
  if (word === 'thirtieth') return { value: 30, length: 1 }
  const [tens, rest] = word.includes('-') ? word.split('-') : [word, plain[from + 1]]
  const unit = ORDINALS.indexOf(rest ?? '') + 1
  if ((tens === 'twenty' || tens === 'thirty') && unit > 0 && unit < 10)
    return { value: (tens === 'twenty' ? 20 : 30) + unit, length: word.includes('-') ? 1 : 2 }
  const value = ORDINALS.indexOf(word) + 1
  return value > 0 ? { value, length: 1 } : null
}

/** `by the 15th`, `on the twentieth`: with a preposition, since “the first” alone is no date. */
function dayRule(plain: readonly string[], today: Day): DateMatch | null {
  if (!/^(?:by|before|on|until|for) the$/u.test(plain.slice(0, 2).join(' '))) return null
  const number = ordinalAt(plain, 2)
  const isAlone = number !== null && (plain.length === 2 + number.length || /^\d/u.test(plain[2]!))
  if (!isAlone || number.value > 31) return null
  return { length: 2 + number.length, day: nextMonthDay(today, number.value) }
}

function inRule(plain: readonly string[], today: Day): DateMatch | null {
  const isCouple = /^(?:in )a couple of$/u.test(plain.slice(0, 4).join(' '))
  const number = isCouple ? { value: 2, length: 3 } : plain[0] === 'in' ? numberAt(plain, 1) : null
  if (!number) return null
  const unit = plain[1 + number.length] ?? ''
  const length = 2 + number.length
  if (/^days?$/u.test(unit)) return { length, day: today + number.value }
  if (/^weeks?$/u.test(unit)) return { length, day: today + 7 * number.value }
  if (/^fortnights?$/u.test(unit)) return { length, day: today + 14 * number.value }
  return null
}

function slashRule(plain: readonly string[], today: Day): DateMatch | null {
  const day = numericDate(plain[0] ?? '', today, 'month-first')
  return day === undefined ? null : { length: 1, day }
}

export const EN_RULES: readonly DateRule[] = [...FIXED, weekdayRule, monthRule, dayRule, inRule, slashRule]
