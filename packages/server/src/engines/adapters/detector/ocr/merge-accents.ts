/**
 * Takes from a second reading of a line what the first reader lacks: accents, ñ, ¿, ¡ and spaces between words. Every other
 * letter stays the first reader's, which is the better one on photos. Pure.
 */

const fold = (char: string): string => char.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** What the first reader sees in place of an opening mark. */
const LOOKS_LIKE: Readonly<Record<string, string>> = { '¡': 'i!l1|j;:í', '¿': '?;z2iLlt(cé' }

/** Below this share of equal letters the two readings are of different things. */
const MIN_SIMILARITY = 0.7

export function mergeAccents(first: string, second: string): string {
  const a = [...first]
  const b = [...second.normalize('NFC')]
  const pairs = align(a, b)
  const equal = pairs.filter(([x, y]) => x !== null && y !== null && fold(x) === fold(y)).length
  const letters = Math.max(1, Math.min(a.length, b.length))
  if (equal / letters < MIN_SIMILARITY) return first
  return pairs.map(([x, y], i) => chosen(x, y, pairs[i - 1], pairs[i + 1])).join('')
}

type Pair = readonly [first: string | null, second: string | null]

function chosen(x: string | null, y: string | null, before: Pair | undefined, next: Pair | undefined): string {
  // An opening mark that the first reader left out stands before a letter that both have.
  if (x === null) return y !== null && (y === ' ' || isOpening(y)) && next && next[0] !== null && next[0] !== ' ' ? y : ''
  if (y === null || x === y) return x
  if (isOpening(y)) return LOOKS_LIKE[y]?.includes(x) ? y : x
  // A digit amid letters is a letter misread: "autorizaci6n".
  if (/\d/.test(x) && /\p{L}/u.test(y) && /\p{L}/u.test(before?.[0] ?? '') && /\p{L}/u.test(next?.[0] ?? 'a')) return y
  if (fold(x) !== fold(y) || !/\p{L}/u.test(y)) return x
  const marked = fold(y) !== y.toLowerCase() && fold(x) === x.toLowerCase() ? y.toLowerCase() : x.toLowerCase()
  return x === x.toUpperCase() && x !== x.toLowerCase() ? marked.toUpperCase() : marked
}

const isOpening = (char: string): boolean => char === '¿' || char === '¡'

/** Fewest edits between the two, letters compared without accents; an opening mark may stand for what it looks like. */
function align(a: readonly string[], b: readonly string[]): Pair[] {
  const cost = (x: string, y: string): number => (fold(x) === fold(y) || LOOKS_LIKE[y]?.includes(x) ? 0 : 1)
  const table = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(table[i - 1]![j]! + 1, row[j - 1]! + 1, table[i - 1]![j - 1]! + cost(a[i - 1]!, b[j - 1]!)))
    }
    table.push(row)
  }
  return backwards(table, a, b, cost).reverse()
}

function backwards(
  table: readonly (readonly number[])[],
  a: readonly string[],
  b: readonly string[],
  cost: (x: string, y: string) => number,
): Pair[] {
  const pairs: Pair[] = []
  for (let i = a.length, j = b.length; i > 0 || j > 0; ) {
    const here = table[i]![j]!
    if (i > 0 && j > 0 && here === table[i - 1]![j - 1]! + cost(a[i - 1]!, b[j - 1]!)) pairs.push([a[--i]!, b[--j]!])
    else if (i > 0 && here === table[i - 1]![j]! + 1) pairs.push([a[--i]!, null])
    else pairs.push([null, b[--j]!])
  }
  return pairs
}
