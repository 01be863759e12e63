/** Numbers as English says them. */

const UNITS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const SCALES: [number, string][] = [
  [1_000_000_000, 'billion'],
  [1_000_000, 'million'],
  [1000, 'thousand'],
]

/** Whole numbers below 10^12. */
export function numberEn(n: number): string {
  if (n < 0) return `minus ${numberEn(-n)}`
  for (const [size, name] of SCALES) {
    if (n >= size) return tail(`${numberEn(Math.floor(n / size))} ${name}`, n % size)
  }
  if (n >= 100) {
    const head = `${UNITS[Math.floor(n / 100)]} hundred`
    return n % 100 === 0 ? head : `${head} and ${numberEn(n % 100)}`
  }
  if (n >= 20) return n % 10 === 0 ? TENS[n / 10]! : `${TENS[Math.floor(n / 10)]}-${UNITS[n % 10]}`
  return UNITS[n]!
}

const tail = (head: string, rest: number): string =>
  rest === 0 ? head : rest < 100 ? `${head} and ${numberEn(rest)}` : `${head} ${numberEn(rest)}`

export const decimalEn = (whole: string, fraction: string): string =>
  `${spellEn(whole)} point ${[...fraction].map((digit) => UNITS[Number(digit)]!).join(' ')}`

export const spellEn = (digits: string): string =>
  digits.length > 12 || (digits.length > 1 && digits.startsWith('0'))
    ? [...digits].map((digit) => UNITS[Number(digit)]!).join(' ')
    : numberEn(Number(digits))

const ORDINALS: Record<string, string> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
}

export function ordinalEn(n: number): string {
  const text = numberEn(n)
  const last = /[a-z]+$/.exec(text)![0]
  const ordinal = ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`)
  return text.slice(0, -last.length) + ordinal
}

export const MONTHS_EN = 'January February March April May June July August September October November December'.split(' ')
