import { decimalEn, MONTHS_EN, numberEn, ordinalEn, spellEn } from './numbers-en.ts'
import { decimalEs, MONTHS_ES, numberEs, spellEs } from './numbers-es.ts'

/**
 * Text as it is said: dates, times, money, units, numbers and abbreviations written out in Spanish or English, so that every voice
 * says the same. Other languages keep their digits: their voices know better.
 */
export function spokenForm(text: string, language: string): string {
  const rules = language.startsWith('es') ? ES : language.startsWith('en') ? EN : []
  return rules
    .reduce((out, [pattern, say]) => out.replace(pattern, say as never), text)
    .replace(/\s+/g, ' ')
    .trim()
}

type Rule = [RegExp, string | ((...groups: string[]) => string)]

const UNITS_ES: Record<string, [string, string, 'm' | 'f']> = {
  km: ['kilómetro', 'kilómetros', 'm'],
  m: ['metro', 'metros', 'm'],
  cm: ['centímetro', 'centímetros', 'm'],
  mm: ['milímetro', 'milímetros', 'm'],
  kg: ['kilo', 'kilos', 'm'],
  g: ['gramo', 'gramos', 'm'],
  mg: ['miligramo', 'miligramos', 'm'],
  l: ['litro', 'litros', 'm'],
  ml: ['mililitro', 'mililitros', 'm'],
  h: ['hora', 'horas', 'f'],
  min: ['minuto', 'minutos', 'm'],
  s: ['segundo', 'segundos', 'm'],
  '%': ['por ciento', 'por ciento', 'm'],
  '€': ['euro', 'euros', 'm'],
  $: ['dólar', 'dólares', 'm'],
  '°C': ['grado', 'grados', 'm'],
  ºC: ['grado', 'grados', 'm'],
  '°': ['grado', 'grados', 'm'],
  W: ['vatio', 'vatios', 'm'],
  V: ['voltio', 'voltios', 'm'],
  'km/h': ['kilómetro por hora', 'kilómetros por hora', 'm'],
  MB: ['mega', 'megas', 'm'],
  GB: ['giga', 'gigas', 'm'],
}

const UNITS_EN: Record<string, [string, string]> = {
  km: ['kilometre', 'kilometres'],
  m: ['metre', 'metres'],
  cm: ['centimetre', 'centimetres'],
  mm: ['millimetre', 'millimetres'],
  kg: ['kilo', 'kilos'],
  g: ['gram', 'grams'],
  mg: ['milligram', 'milligrams'],
  l: ['litre', 'litres'],
  ml: ['millilitre', 'millilitres'],
  h: ['hour', 'hours'],
  min: ['minute', 'minutes'],
  s: ['second', 'seconds'],
  '%': ['per cent', 'per cent'],
  '€': ['euro', 'euros'],
  $: ['dollar', 'dollars'],
  '°C': ['degree Celsius', 'degrees Celsius'],
  ºC: ['degree Celsius', 'degrees Celsius'],
  '°': ['degree', 'degrees'],
  W: ['watt', 'watts'],
  V: ['volt', 'volts'],
  mph: ['mile per hour', 'miles per hour'],
  'km/h': ['kilometre per hour', 'kilometres per hour'],
  MB: ['megabyte', 'megabytes'],
  GB: ['gigabyte', 'gigabytes'],
}

const unitPattern = (units: object): string =>
  Object.keys(units)
    .sort((a, b) => b.length - a.length)
    .map((unit) => unit.replace(/[$/]/g, '\\$&'))
    .join('|')

const END = '(?![\\p{L}\\p{N}])'
const START = '(?<![\\p{L}\\p{N}.,/:-])'

/** "1.234.567" and "1 234": thousands of Spanish. */
const wholeEs = (digits: string): string => digits.replace(/[.\u00a0\u202f]/g, '')

function amountEs(digits: string, gender: 'm' | 'f'): string {
  const [whole, fraction] = wholeEs(digits).split(',') as [string, string?]
  return fraction === undefined ? numberEs(Number(whole), gender, true) : decimalEs(whole, fraction)
}

function withUnitEs(digits: string, unit: string): string {
  const [single, many, gender] = UNITS_ES[unit]!
  const [whole, fraction] = wholeEs(digits).split(',') as [string, string?]
  if ((unit === '€' || unit === '$') && fraction?.length === 2) {
    const cents = Number(fraction)
    const head = `${numberEs(Number(whole), 'm', true)} ${Number(whole) === 1 ? single : many}`
    return cents === 0 ? head : `${head} con ${numberEs(cents)}`
  }
  return `${amountEs(digits, gender)} ${wholeEs(digits) === '1' ? single : many}`
}

const NUMBER_ES = '\\d{1,3}(?:\\.\\d{3})+(?:,\\d+)?|\\d+(?:,\\d+)?'
const NUMBER_EN = '\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?'

const dateEs = (day: string, month: string, year: string): string =>
  `${numberEs(Number(day))} de ${MONTHS_ES[Number(month) - 1]} de ${numberEs(Number(year))}`

const timeEs = (hours: string, minutes: string): string => {
  const hour = numberEs(Number(hours), 'f')
  return Number(minutes) === 0 ? `${hour} en punto` : `${hour} y ${numberEs(Number(minutes))}`
}

const ABBREVIATIONS_ES: Rule[] = [
  ['Sr', 'señor'],
  ['Sra', 'señora'],
  ['Srta', 'señorita'],
  ['Dr', 'doctor'],
  ['Dra', 'doctora'],
  ['Ud', 'usted'],
  ['Uds', 'ustedes'],
  ['etc', 'etcétera'],
  ['aprox', 'aproximadamente'],
  ['máx', 'máximo'],
  ['mín', 'mínimo'],
  ['tel', 'teléfono'],
  ['núm', 'número'],
  ['pág', 'página'],
  ['avda', 'avenida'],
].map(([short, long]) => [new RegExp(`(?<!\\p{L})${short}\\.`, 'giu'), long!])

const ABBREVIATIONS_EN: Rule[] = [
  ['Mr', 'mister'],
  ['Mrs', 'missus'],
  ['Ms', 'miss'],
  ['Dr', 'doctor'],
  ['etc', 'et cetera'],
  ['approx', 'approximately'],
  ['vs', 'versus'],
].map(([short, long]) => [new RegExp(`(?<!\\p{L})${short}\\.`, 'giu'), long!])

const ES: Rule[] = [
  [/\bp\. ?ej\./giu, 'por ejemplo'],
  [/\bEE\. ?UU\./gu, 'Estados Unidos'],
  ...ABBREVIATIONS_ES,
  [new RegExp(`${START}(\\d{4})-(\\d{2})-(\\d{2})${END}`, 'gu'), (_, year, month, day) => dateEs(day!, month!, year!)],
  [new RegExp(`${START}(\\d{1,2})/(0?[1-9]|1[0-2])/(\\d{4})${END}`, 'gu'), (_, day, month, year) => dateEs(day!, month!, year!)],
  [new RegExp(`${START}([01]?\\d|2[0-3]):([0-5]\\d)(?: ?h)?${END}`, 'gu'), (_, hours, minutes) => timeEs(hours!, minutes!)],
  [/(?<![\p{L}\p{N}])-(?=\d)/gu, 'menos '],
  [
    new RegExp(`${START}(${NUMBER_ES})\\s?(${unitPattern(UNITS_ES)})${END}`, 'gu'),
    (_, digits, unit) => withUnitEs(digits!, unit!),
  ],
  [/\$(\d+(?:,\d+)?)/gu, (_, digits) => withUnitEs(digits!, '$')],
  [/(\d+)\.?º/gu, (_, n) => ORDINALS_ES[Number(n)] ?? numberEs(Number(n))],
  [/(\d+)\.?ª/gu, (_, n) => (ORDINALS_ES[Number(n)] ?? numberEs(Number(n))).replace(/o$/u, 'a')],
  [new RegExp(`(?<![\\p{L}\\p{N}])(${NUMBER_ES})${END}`, 'gu'), (_, digits) => plainEs(digits!)],
  [/\s&\s/g, ' y '],
  [/\s\+\s/g, ' más '],
  [/\s=\s/g, ' igual a '],
]

const ORDINALS_ES = ['cero', ...'primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo'.split(' ')]

function plainEs(digits: string): string {
  const [whole, fraction] = wholeEs(digits).split(',') as [string, string?]
  if (fraction !== undefined) return decimalEs(whole, fraction)
  // a telephone number is said in groups, not as a quantity
  if (/^\d{9}$/.test(digits))
    return digits
      .match(/\d{3}/g)!
      .map((group) => [...group].map(spellEs).join(' '))
      .join(', ')
  return spellEs(whole)
}

function withUnitEn(digits: string, unit: string): string {
  const [single, many] = UNITS_EN[unit]!
  const plain = digits.replace(/,/g, '')
  const [whole, fraction] = plain.split('.') as [string, string?]
  if ((unit === '€' || unit === '$') && fraction?.length === 2) {
    const head = `${numberEn(Number(whole))} ${whole === '1' ? single : many}`
    return Number(fraction) === 0 ? head : `${head} ${numberEn(Number(fraction))}`
  }
  return `${fraction === undefined ? numberEn(Number(whole)) : decimalEn(whole, fraction)} ${plain === '1' ? single : many}`
}

const timeEn = (hours: string, minutes: string): string => {
  const m = Number(minutes)
  const hour = numberEn(Number(hours))
  return m === 0 ? `${hour} o'clock` : m < 10 ? `${hour} oh ${numberEn(m)}` : `${hour} ${numberEn(m)}`
}

const EN: Rule[] = [
  [/\be\. ?g\./giu, 'for example'],
  [/\bi\. ?e\./giu, 'that is'],
  ...ABBREVIATIONS_EN,
  [
    new RegExp(`${START}(\\d{4})-(\\d{2})-(\\d{2})${END}`, 'gu'),
    (_, year, month, day) => `${MONTHS_EN[Number(month) - 1]} ${ordinalEn(Number(day))}, ${yearEn(Number(year))}`,
  ],
  [new RegExp(`${START}([01]?\\d|2[0-3]):([0-5]\\d)${END}`, 'gu'), (_, hours, minutes) => timeEn(hours!, minutes!)],
  [/(?<![\p{L}\p{N}])-(?=\d)/gu, 'minus '],
  [new RegExp(`(?<![\\p{L}\\p{N}])([€$])(${NUMBER_EN})${END}`, 'gu'), (_, unit, digits) => withUnitEn(digits!, unit!)],
  [
    new RegExp(`${START}(${NUMBER_EN})\\s?(${unitPattern(UNITS_EN)})${END}`, 'gu'),
    (_, digits, unit) => withUnitEn(digits!, unit!),
  ],
  [/(?<![\p{L}\p{N}])(\d+)(?:st|nd|rd|th)\b/gu, (_, n) => ordinalEn(Number(n))],
  [
    new RegExp(`(?<![\\p{L}\\p{N}])(${NUMBER_EN})${END}`, 'gu'),
    (_, digits) => {
      const [whole, fraction] = digits!.replace(/,/g, '').split('.') as [string, string?]
      return fraction === undefined ? spellEn(whole) : decimalEn(whole, fraction)
    },
  ],
  [/\s&\s/g, ' and '],
  [/\s\+\s/g, ' plus '],
  [/\s=\s/g, ' equals '],
]

/** 1999: nineteen ninety-nine; 2026: twenty twenty-six; 2005: two thousand and five. */
function yearEn(year: number): string {
  if (year < 1100 || year > 2099 || (year >= 2000 && year < 2010)) return numberEn(year)
  const rest = year % 100
  return `${numberEn(Math.floor(year / 100))} ${rest === 0 ? 'hundred' : rest < 10 ? `oh ${numberEn(rest)}` : numberEn(rest)}`
}
