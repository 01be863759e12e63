/** Names colours of pixels in Spanish, coarsely: what a person would call the picture's main colours. */

/** Share of the pixels below which a colour is not dominant. */
const MIN_SHARE = 0.12
const MAX_COLORS = 3

/** Upper hue bound (degrees) of each colour name, in order. */
const HUES: readonly (readonly [bound: number, name: string])[] = [
  [15, 'rojo'],
  [40, 'naranja'],
  [68, 'amarillo'],
  [165, 'verde'],
  [195, 'turquesa'],
  [258, 'azul'],
  [292, 'morado'],
  [340, 'rosa'],
  [360, 'rojo'],
]

/** Spanish name of one sRGB colour. */
export function colorName(r: number, g: number, b: number): string {
  const max = Math.max(r, g, b)
  const min = Math.min(r, g, b)
  const chroma = max - min
  if (max < 45) return 'negro'
  if (chroma < 26 || chroma / max < 0.15) return max > 205 ? 'blanco' : 'gris'
  const hue = hueOf(r, g, b, max, chroma)
  if (hue >= 12 && hue < 48) {
    if (max < 185) return 'marrón'
    if (max > 190 && chroma / max < 0.4) return 'beige'
  }
  return HUES.find(([bound]) => hue < bound)?.[1] ?? 'rojo'
}

function hueOf(r: number, g: number, b: number, max: number, chroma: number): number {
  if (max === r) return (((g - b) / chroma + 6) % 6) * 60
  if (max === g) return ((b - r) / chroma + 2) * 60
  return ((r - g) / chroma + 4) * 60
}

/**
 * The colours that cover at least an eighth of the picture, the most frequent first, at most three.
 *
 * @param rgb - three bytes per pixel, sRGB
 */
export function dominantColors(rgb: Uint8Array): string[] {
  const counts = new Map<string, number>()
  for (let i = 0; i + 2 < rgb.length; i += 3) {
    const name = colorName(rgb[i]!, rgb[i + 1]!, rgb[i + 2]!)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const pixels = rgb.length / 3
  return [...counts]
    .filter(([, count]) => count / pixels >= MIN_SHARE)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_COLORS)
    .map(([name]) => name)
}
