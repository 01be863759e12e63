import type { Box } from './sight.ts'

/** Where in the picture something is, in words. */
export type Place = 'left' | 'center' | 'right'

/** By the third of the width in which the middle of the box lies. */
export function placeOf(box: Box): Place {
  const middle = (box.left + box.right) / 2
  if (middle < 1 / 3) return 'left'
  return middle > 2 / 3 ? 'right' : 'center'
}

export const PLACES: Record<'es' | 'en', Record<Place, string>> = {
  es: { left: 'a la izquierda', center: 'en el centro', right: 'a la derecha' },
  en: { left: 'on the left', center: 'in the centre', right: 'on the right' },
}
