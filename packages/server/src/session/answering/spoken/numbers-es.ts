/** Numbers as Spanish says them. */

const UNITS =
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve'.split(
    ' ',
  )
const TENS = ['', '', '', 'treinta', 'cuarenta', 'cincuenta', 'sesenta', 'setenta', 'ochenta', 'noventa']
const HUNDREDS = 'cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos'.split(' ')

/** Whole numbers below 10^12; `short` before a masculine noun: "veintiún euros". */
export function numberEs(n: number, gender: 'm' | 'f' = 'm', short = false): string {
  if (n < 0) return `menos ${numberEs(-n, gender, short)}`
  const text = below(n, gender)
  if (gender === 'f' || !short) return text
  return text.replace(/veintiuno$/u, 'veintiún').replace(/uno$/u, 'un')
}

function below(n: number, gender: 'm' | 'f'): string {
  if (n >= 1_000_000) {
    const millions = Math.floor(n / 1_000_000)
    const head = millions === 1 ? 'un millón' : `${numberEs(millions, 'm', true)} millones`
    return join(head, n % 1_000_000, gender)
  }
  if (n >= 1000) {
    const thousands = Math.floor(n / 1000)
    return join(thousands === 1 ? 'mil' : `${numberEs(thousands, gender, true)} mil`, n % 1000, gender)
  }
  if (n >= 100) {
    const hundreds = HUNDREDS[Math.floor(n / 100) - 1]!
    const head = n > 100 && n < 200 ? 'ciento' : gender === 'f' ? hundreds.replace(/os$/u, 'as') : hundreds
    return join(head, n % 100, gender)
  }
  if (n >= 30) {
    const tens = TENS[Math.floor(n / 10)]!
    return n % 10 === 0 ? tens : `${tens} y ${one(n % 10, gender)}`
  }
  return one(n, gender)
}

const join = (head: string, rest: number, gender: 'm' | 'f'): string => (rest === 0 ? head : `${head} ${below(rest, gender)}`)
const one = (n: number, gender: 'm' | 'f'): string => (gender === 'f' ? UNITS[n]!.replace(/uno$/u, 'una') : UNITS[n]!)

/** "tres coma cero cinco": zeros behind the comma are said, then the rest as a number. */
export function decimalEs(whole: string, fraction: string): string {
  const zeros = /^0*/.exec(fraction)![0].length
  const rest = fraction.slice(zeros)
  const tail = [...Array.from({ length: zeros }, () => 'cero'), ...(rest === '' ? [] : [spellEs(rest)])]
  return `${spellEs(whole)} coma ${tail.join(' ')}`
}

/** A run of digits: as a number while it is short, else digit by digit. */
export const spellEs = (digits: string): string =>
  digits.length > 12 || (digits.length > 1 && digits.startsWith('0'))
    ? [...digits].map((digit) => UNITS[Number(digit)]!).join(' ')
    : numberEs(Number(digits))

export const MONTHS_ES = 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre'.split(' ')
