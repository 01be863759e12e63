import { type Day, dayOf, monthEnd, partsOf, weekdayOf } from './calendar.ts'
import type { DateMatch, DateRule } from './dates-en.ts'
import { nextMonthDay, nextWeekday, nextYearly, numericDate } from './dates-en.ts'
import { numberAt } from './text/numbers.ts'

/** Spanish date phrases, on folded words. Each rule reads at the beginning of the words. */

const WEEKDAYS = ['lunes', 'martes', 'miercoles', 'jueves', 'viernes', 'sabado', 'domingo']
const MONTHS = [
  'enero',
  'febrero',
  'marzo',
  'abril',
  'mayo',
  'junio',
  'julio',
  'agosto',
  'septiembre',
  'octubre',
  'noviembre',
  'diciembre',
]
const DAYPARTS = 'tarde|noche|mañana|mediodia|madrugada'
const LEAD = '(?:(?:antes|a partir|despues) (?:del?|de el)|para|hasta|desde|sobre|hacia|por) '

/** A fixed phrase and its day; a leading “antes de”, “para” … belongs to it. */
function phrase(pattern: string, day: (today: Day) => Day | null, certainty: DateMatch['certainty'] = 'firm'): DateRule {
  const expression = new RegExp(`^(?:${LEAD})?(?:${pattern})(?= |$)`, 'u')
  return (plain, today) => {
    const match = expression.exec(plain.slice(0, 10).join(' '))
    return match ? { length: match[0].split(' ').length, day: day(today), certainty } : null
  }
}

const daypart = `(?: (?:por|a|de) la (?:${DAYPARTS})| al mediodia| a primera hora| a ultima hora)?`

const NEXT_WEEK = '(?:la )?(?:semana (?:que viene|que entra|proxima)|proxima semana)'

const FIXED: DateRule[] = [
  phrase(`hoy(?: mismo)?${daypart}`, (today) => today),
  phrase(`mañana(?: mismo)?${daypart}`, (today) => today + 1),
  phrase(`pasado mañana${daypart}|pasado(?= por la mañana)`, (today) => today + 2),
  phrase('esta (?:tarde|noche|mañana|misma tarde|misma noche)', (today) => today),
  phrase('ahora mismo|ya mismo|ahorita(?: mismo)?|enseguida|ahora(?=$)', (today) => today, 'tentative'),
  phrase('cuanto antes|lo antes posible|al rato', () => null, 'tentative'),
  phrase('a primera hora', () => null, 'tentative'),
  phrase('(?:de |por )la (?:mañana|tarde|noche)', () => null, 'tentative'),
  phrase('esta (?:misma )?semana', (today) => (weekdayOf(today) > 4 ? today : today + 4 - weekdayOf(today)), 'tentative'),
  phrase('(?:a )?(?:el |este |los )?(?:fin|finales) de(?: esta)? semana', (today) => comingSaturday(today), 'tentative'),
  phrase(
    '(?:la )?(?:semana (?:que viene|que entra|proxima)|proxima semana)',
    (today) => today + 11 - weekdayOf(today),
    'tentative',
  ),
  phrase(`(?:a )?(?:principios?|primeros) de (?:${NEXT_WEEK})`, (today) => today + 7 - weekdayOf(today), 'tentative'),
  phrase(`(?:a )?(?:mediados|mitad) de (?:${NEXT_WEEK})`, (today) => today + 9 - weekdayOf(today), 'tentative'),
  phrase(`(?:a |al )?(?:fin|final|finales) de (?:${NEXT_WEEK})`, (today) => today + 11 - weekdayOf(today), 'tentative'),
  phrase('(?:el )?fin de semana (?:que viene|que entra|proximo)|(?:el )?proximo fin de semana', comingSaturday, 'tentative'),
  phrase('(?:a )?mediados de(?:l| este)? mes', (today) => nextMonthDay(today, 15), 'tentative'),
  phrase('(?:a )?(?:principios|primeros) de(?:l| este)? mes(?: (?:que viene|que entra|proximo))?', firstOfNextMonth, 'tentative'),
  phrase('de hoy en ocho(?: dias)?', (today) => today + 7),
  phrase('de hoy en quince(?: dias)?', (today) => today + 14),
  phrase('(?:a |al |el )?(?:fin|final|finales) de(?:l| este)? mes', (today) => monthEnd(today), 'firm'),
  phrase('(?:a |al |el )?(?:fin|final|finales) de año', (today) => dayOf(partsOf(today).year, 12, 31), 'tentative'),
  phrase('(?:el )?(?:mes (?:que viene|que entra|proximo)|proximo mes)', (today) => monthEnd(today, 1), 'tentative'),
  phrase('este mes', (today) => monthEnd(today), 'tentative'),
  phrase('(?:el )?(?:año que viene|proximo año)', (today) => dayOf(partsOf(today).year + 1, 12, 31), 'tentative'),
  phrase('ayer|anteayer|antes de ayer|anoche', (today) => today - 1),
  phrase('(?:la )?semana pasada|(?:el )?mes pasado', (today) => today - 7),
]

function firstOfNextMonth(today: Day): Day {
  return monthEnd(today) + 1
}

function comingSaturday(today: Day): Day {
  return weekdayOf(today) === 6 ? today : today + 5 - weekdayOf(today)
}

/** Words before the date itself: `para el`, `antes del`, `el próximo`. */
function lead(plain: readonly string[]): { length: number; next: boolean; article: boolean } {
  const match =
    /^(?:antes del?|a partir del?|para|hasta|desde|despues del?|sobre|a mas tardar)?(?: ?(?:el|este|del|al))?(?: ?(?:dia))?(?: ?proximo)?(?= |$)/u.exec(
      plain.slice(0, 6).join(' '),
    )
  const text = match?.[0].trim() ?? ''
  if (text === '') return { length: 0, next: false, article: false }
  return { length: text.split(' ').length, next: text.endsWith('proximo'), article: /(?:\b(?:el|este|del|al|dia))/u.test(text) }
}

/** `el viernes`, `el martes 17`, `el próximo viernes`, `el lunes que viene`, `el viernes quince de mayo`. */
function weekdayRule(plain: readonly string[], today: Day): DateMatch | null {
  const { length, next } = lead(plain)
  const weekday = WEEKDAYS.indexOf(plain[length] ?? '')
  if (weekday < 0) return null
  const named = monthDay(plain, length + 1, today, weekday)
  if (named) return named
  let used = length + 1
  const tail = plain.slice(used, used + 4).join(' ')
  const isNext = /^(?:que viene|que entra|proximo)/u.exec(tail)
  if (isNext) used += isNext[0].split(' ').length
  if (/^de la semana que viene/u.test(plain.slice(used, used + 5).join(' '))) {
    return { length: used + 5, day: today - weekdayOf(today) + 7 + weekday }
  }
  if (/^pasado/u.test(tail)) return { length: used + 1, day: nextWeekday(today, weekday) - 7 }
  const part = /^(?:por la|a la) (?:mañana|tarde|noche)|^al mediodia|^a primera hora/u.exec(plain.slice(used, used + 3).join(' '))
  if (part) used += part[0].split(' ').length
  return { length: used, day: nextWeekday(today, weekday), certainty: next ? 'tentative' : 'firm' }
}

/** After a weekday: its number, perhaps with a month. Both must agree, else the words stay without a day. */
function monthDay(plain: readonly string[], from: number, today: Day, weekday: number): DateMatch | null {
  const at = plain[from] === 'dia' ? from + 1 : from
  const number = numberAt(plain, at)
  if (!number || number.value < 1 || number.value > 31) return null
  const month = monthAt(plain, at + number.length)
  const length = at + number.length + (month?.length ?? 0)
  const day = month
    ? nextYearly(today, month.value, number.value, month.year)
    : nextMonthDay(today, number.value, (found) => weekdayOf(found) === weekday, 3)
  const agrees = day !== null && weekdayOf(day) === weekday
  return { length, day: agrees ? day : null, certainty: agrees ? 'firm' : 'tentative' }
}

/** `quince de mayo`, `el 3 de junio de 2027`. */
function monthRule(plain: readonly string[], today: Day): DateMatch | null {
  const { length } = lead(plain)
  const number = numberAt(plain, length)
  if (!number || number.value < 1 || number.value > 31) return null
  const month = monthAt(plain, length + number.length)
  if (!month) return null
  return { length: length + number.length + month.length, day: nextYearly(today, month.value, number.value, month.year) }
}

/** `el día veinte`, `para el 20`: a number alone is no date. */
function dayRule(plain: readonly string[], today: Day): DateMatch | null {
  const { length, article } = lead(plain)
  const number = numberAt(plain, length)
  if (!article || !number || number.value < 2 || number.value > 31) return null
  const isDay = plain[length - 1] === 'dia'
  const isAlone = plain.length === length + number.length
  if (!isDay && !(isAlone && length > 0 && plain[0] !== 'el' && plain[0] !== 'al')) return null
  return { length: length + number.length, day: nextMonthDay(today, number.value) }
}

/** `a mediados de mayo`, `a finales de abril`: a day that stands for the stretch. */
function stretchRule(plain: readonly string[], today: Day): DateMatch | null {
  const match = /^(?:para |hasta |antes de |sobre |hacia )?(?:a |el )?(principios|primeros|mediados|fin|final|finales)$/u
  for (let length = 1; length <= 4; length++) {
    const which = match.exec(plain.slice(0, length).join(' '))?.[1]
    const month = which ? monthAt(plain, length) : null
    if (!which || !month) continue
    const first = nextYearly(today, month.value, 1, month.year)
    if (first === null) return null
    const day = /^fin/u.test(which) ? monthEnd(first) : first + (which === 'mediados' ? 14 : 4)
    return { length: length + month.length, day, certainty: 'tentative' }
  }
  return null
}

function monthAt(plain: readonly string[], from: number): { value: number; length: number; year?: number } | null {
  if (plain[from] !== 'de') return null
  const name = plain[from + 1] === 'setiembre' ? 'septiembre' : plain[from + 1]
  const value = MONTHS.indexOf(name ?? '') + 1
  if (value === 0) return null
  const isYear = (plain[from + 2] === 'de' || plain[from + 2] === 'del') && /^20\d\d$/u.test(plain[from + 3] ?? '')
  return isYear ? { value, length: 4, year: Number(plain[from + 3]) } : { value, length: 2 }
}

/** `en quince días`, `dentro de dos semanas`, `en un mes`. “Ocho” and “quince días” are one and two weeks. */
function inRule(plain: readonly string[], today: Day): DateMatch | null {
  const at = plain[0] === 'en' ? 1 : plain[0] === 'dentro' && plain[1] === 'de' ? 2 : 0
  const number = at > 0 ? (coupleAt(plain, at) ?? numberAt(plain, at)) : null
  if (!number) return null
  const unit = plain[at + number.length] ?? ''
  const length = at + number.length + 1
  if (/^dias?$/u.test(unit)) {
    const days = number.value === 15 ? 14 : number.value === 8 ? 7 : number.value
    return { length, day: today + days }
  }
  if (/^semanas?$/u.test(unit)) return { length, day: today + 7 * number.value }
  if (/^mes(?:es)?$/u.test(unit)) {
    const { year, month, date } = partsOf(today)
    return { length, day: dayOf(year, month + number.value, date) ?? monthEnd(today, number.value), certainty: 'tentative' }
  }
  return /^(?:horas?|minutos?)$/u.test(unit) ? { length, day: today } : null
}

/** `un par de`. */
function coupleAt(plain: readonly string[], at: number): { value: number; length: number } | null {
  return /^un par de$/u.test(plain.slice(at, at + 3).join(' ')) ? { value: 2, length: 3 } : null
}

/** `15/04`, `15/04/2026`: day first. */
function slashRule(plain: readonly string[], today: Day): DateMatch | null {
  const { length } = lead(plain)
  const day = numericDate(plain[length] ?? '', today, 'day-first')
  return day === undefined ? null : { length: length + 1, day }
}

export const ES_RULES: readonly DateRule[] = [...FIXED, weekdayRule, monthRule, stretchRule, dayRule, inRule, slashRule]
