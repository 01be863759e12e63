/**
 * Word error rate. Normaliser v1: NFC, lower case, everything that is neither letter, number nor apostrophe inside a word
 * becomes a space; accents count; numbers are not spelled out.
 */

export interface WordErrors {
  substitutions: number
  deletions: number
  insertions: number
  /** Words of the reference. */
  words: number
}

export function normalizeWords(text: string): string[] {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}'’]+/gu, ' ')
    .replace(/(?<!\p{L})['’]|['’](?!\p{L})/gu, ' ')
    .split(' ')
    .filter(Boolean)
}

/** Fewest edits that turn the hypothesis into the reference; of equal ones, that with most substitutions. */
export function wordErrors(reference: string, hypothesis: string): WordErrors {
  const [ref, hyp] = [normalizeWords(reference), normalizeWords(hypothesis)]
  let row: WordErrors[] = hyp.reduce<WordErrors[]>(
    (out, _) => {
      out.push({ ...out.at(-1)!, insertions: out.at(-1)!.insertions + 1 })
      return out
    },
    [{ substitutions: 0, deletions: 0, insertions: 0, words: ref.length }],
  )
  for (const word of ref) {
    const next: WordErrors[] = [{ ...row[0]!, deletions: row[0]!.deletions + 1 }]
    hyp.forEach((other, j) => {
      const same = row[j]!
      const options: WordErrors[] = [
        word === other ? same : { ...same, substitutions: same.substitutions + 1 },
        { ...row[j + 1]!, deletions: row[j + 1]!.deletions + 1 },
        { ...next[j]!, insertions: next[j]!.insertions + 1 },
      ]
      next.push(options.reduce((a, b) => (edits(b) < edits(a) ? b : a)))
    })
    row = next
  }
  return row.at(-1)!
}

/** Errors per word of the reference; with an empty reference 0 or 1. */
export function wordErrorRate(reference: string, hypothesis: string): number {
  const errors = wordErrors(reference, hypothesis)
  if (errors.words === 0) return errors.insertions > 0 ? 1 : 0
  return edits(errors) / errors.words
}

function edits({ substitutions, deletions, insertions }: WordErrors): number {
  return substitutions + deletions + insertions
}
