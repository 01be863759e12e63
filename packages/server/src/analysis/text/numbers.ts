/** Number words of 0 to 99, Spanish and English, folded. */

const ES_UNITS = [
  'cero',
  'uno',
  'dos',
  'tres',
  'cuatro',
  'cinco',
  'seis',
  'siete',
  'ocho',
  'nueve',
  'diez',
  'once',
  'doce',
  'trece',
]
const ES_MORE = ['catorce', 'quince', 'dieciseis', 'diecisiete', 'dieciocho', 'diecinueve', 'veinte', 'veintiuno', 'veintidos']
const ES_LAST = ['veintitres', 'veinticuatro', 'veinticinco', 'veintiseis', 'veintisiete', 'veintiocho', 'veintinueve']
const ES_TENS = ['treinta', 'cuarenta', 'cincuenta', 'sesenta', 'setenta', 'ochenta', 'noventa']
const EN_UNITS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
]
const EN_MORE = ['fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen']
const EN_TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

const words = new Map<string, number>()
for (const [value, word] of [...ES_UNITS, ...ES_MORE, ...ES_LAST].entries()) words.set(word, value)
for (const [i, word] of ES_TENS.entries()) words.set(word, 30 + 10 * i)
for (const [value, word] of [...EN_UNITS, ...EN_MORE].entries()) words.set(word, value)
for (const [i, word] of EN_TENS.entries()) words.set(word, 20 + 10 * i)
for (const [word, value] of [
  ['un', 1],
  ['una', 1],
  ['primero', 1],
  ['veintiun', 21],
  ['veintiuna', 21],
  ['a', 1],
] as const) {
  words.set(word, value)
}

/**
 * The number that begins at `plain[from]`, and how many words it takes; null where there is none.
 *
 * @param plain - folded words; digits count as well
 */
export function numberAt(plain: readonly string[], from: number): { value: number; length: number } | null {
  const first = plain[from]
  if (first === undefined) return null
  if (/^\d{1,2}(?:st|nd|rd|th)?$/u.test(first)) return { value: Number.parseInt(first, 10), length: 1 }
  const value = words.get(first)
  if (value === undefined) return null
  const joined = plain[from + 1] === 'y' ? 2 : 1
  const unit = words.get(plain[from + joined] ?? '')
  const isTens = value >= 20 && value % 10 === 0
  const isCompound = isTens && unit !== undefined && unit > 0 && unit < 10 && (joined === 2 || EN_TENS.includes(first))
  return isCompound ? { value: value + unit, length: joined + 1 } : { value, length: 1 }
}
