import { LABELS } from './labels.ts'
import type { ReadCode } from './sight.ts'

/** How detected things are called. Pure. */

/** Languages of the embedded observation. */
export type Tongue = 'es' | 'en'

/** @param language - BCP 47 tag; English for `en`, else Spanish */
export const tongueOf = (language: string): Tongue => (language.toLowerCase().startsWith('en') ? 'en' : 'es')

/** The class by its name, for one or several; empty for a class that is not known. */
export function nameOf(classId: number, count: number, tongue: Tongue): string {
  const label = LABELS[classId]
  if (!label) return ''
  if (tongue === 'es') return label.es[count === 1 ? 0 : 1]
  return count === 1 ? label.en : `${label.en} ×`
}

export const codeName = ({ format }: ReadCode): string =>
  format.startsWith('QR') || format.startsWith('MicroQR') ? 'QR' : format
