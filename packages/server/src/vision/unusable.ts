import type { ObservationDraft } from '../engines/vision.ts'
import type { QualityProblem } from './gate.ts'
import { EMPTY_DRAFT } from './observation.ts'

/** What is said of a photo on which nothing can be recognised; no engine is asked. */

const TEXTS: Record<'es' | 'en', { problem: Record<QualityProblem, string>; advice: string; uncertain: string }> = {
  es: {
    problem: {
      dark: 'La foto está casi negra: no se distingue nada.',
      bright: 'La foto está quemada por la luz: no se distingue nada.',
      blurred: 'La foto no tiene contornos (está desenfocada, tapada o es de un solo color): no se distingue nada.',
      low_resolution: 'La foto es demasiado pequeña para distinguir algo.',
    },
    advice: 'Repite la foto con más luz, sin mover la cámara y sin tapar el objetivo.',
    uncertain: 'No se sabe qué hay delante ni si hay peligros.',
  },
  en: {
    problem: {
      dark: 'The photo is almost black: nothing can be made out.',
      bright: 'The photo is burnt out by light: nothing can be made out.',
      blurred: 'The photo has no edges (out of focus, covered, or of a single colour): nothing can be made out.',
      low_resolution: 'The photo is too small to make anything out.',
    },
    advice: 'Take the photo again with more light, holding the camera still and the lens clear.',
    uncertain: 'What is in front, and whether it is dangerous, is unknown.',
  },
}

/** @param language - BCP 47 tag; English for `en`, else Spanish */
export function unusableDraft(problem: QualityProblem, language: string): ObservationDraft {
  const texts = TEXTS[language.toLowerCase().startsWith('en') ? 'en' : 'es']
  return {
    ...structuredClone(EMPTY_DRAFT),
    description: texts.problem[problem],
    suggestions: [texts.advice],
    uncertain: [texts.uncertain],
  }
}
