/**
 * Fewest insertions, deletions and substitutions that turn `needle` into some piece of `text` (P. H. Sellers, "The theory and
 * computation of evolutionary distances", 1980).
 */
export function distanceToPiece(needle: string, text: string): number {
  let row = Array.from({ length: text.length + 1 }, () => 0)
  for (let i = 1; i <= needle.length; i++) {
    const next = [i]
    for (let j = 1; j <= text.length; j++) {
      const replaced = row[j - 1]! + (needle[i - 1] === text[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced))
    }
    row = next
  }
  return Math.min(...row)
}
