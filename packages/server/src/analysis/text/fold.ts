/** Lower case, NFC, and without accents; ñ stays. What cue patterns are matched on, since recognizers drop accents. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/n\u0303/gu, 'ñ')
    .replace(/\p{M}/gu, '')
    .normalize('NFC')
}

/**
 * A folded word as it sounds in Spanish: no silent h, b for v, y for ll. Small recognizers write what they hear
 * (“acer”, “bídeo”).
 */
export function soundKey(folded: string): string {
  return folded
    .replace(/(?<!c)h/gu, '')
    .replaceAll('v', 'b')
    .replaceAll('ll', 'y')
}

/** First letter in upper case. */
export function capitalize(text: string): string {
  const [first = ''] = text
  return first.toLocaleUpperCase() + text.slice(first.length)
}
