/**
 * Greedy CTC decoding (Graves et al., ICML 2006): the likeliest class of each step, repeats merged, blanks (class 0) left out.
 *
 * @param probabilities - steps × classes
 * @param characters - of class 1, 2 …
 * @returns the text and the mean probability of its characters (0 for no text)
 */
export function decodeCtc(
  probabilities: Float32Array,
  classes: number,
  characters: readonly string[],
): { text: string; score: number } {
  let text = ''
  let sum = 0
  let count = 0
  let previous = 0
  for (let start = 0; start + classes <= probabilities.length; start += classes) {
    let best = 0
    for (let c = 1; c < classes; c++) if (probabilities[start + c]! > probabilities[start + best]!) best = c
    if (best !== 0 && best !== previous) {
      text += characters[best - 1] ?? ''
      sum += probabilities[start + best]!
      count += 1
    }
    previous = best
  }
  return { text, score: count === 0 ? 0 : sum / count }
}
