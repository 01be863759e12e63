import type { Danger } from '@vigia/protocol'
import type { SightPart } from './sight.ts'

/** The sentences of the embedded observation. */
export interface Phrases {
  cannotAnswer: string
  /** Answers to questions that detectors can answer. */
  noText: string
  noCode: string
  found(count: string, places: readonly string[]): string
  notFound(many: string): string
  madeBy: string
  limits: string
  /** What the text reader's alphabet lacks. */
  textLimits: string
  missing: Record<SightPart, string>
  /** Several of a kind are "at least": a detector misses some. */
  count(name: string, count: number): string
  seen(counts: readonly string[]): string
  reads(lines: readonly string[], more: boolean): string
  code(kind: string, text: string): string
  danger(danger: Danger): string
  conditions(measured: { light: number; sharpness: number }): string
}

const join = (items: readonly string[], and: string): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`

/** Bounds as in the measured observation: mean luma, variance of the Laplacian at 640 px. */
const isDim = (light: number): boolean => light < 60
const isBlurred = (sharpness: number): boolean => sharpness < 30

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const SPANISH: Phrases = {
  cannotAnswer: 'Sin un modelo de visión no se puede responder a la pregunta; esto es lo que encuentran los detectores.',
  noText: 'No se lee ningún texto en la foto.',
  noCode: 'No se encuentra ningún código QR ni de barras en la foto.',
  found: (count, places) => `Parece haber ${count}: ${places.join(', ')}.`,
  notFound: (many) => `El detector no encuentra ${many}, aunque puede haber.`,
  madeBy: '(Descripción de detectores automáticos, sin modelo de visión.)',
  limits: 'Los detectores conocen 80 clases de objetos y no ven acciones, distancias ni la mayoría de los peligros.',
  textLimits: 'El lector de texto no conoce ñ, ¿ ni ¡ y pierde tildes.',
  missing: {
    objects: 'No está instalado el detector de objetos y personas.',
    text: 'No está instalado el lector de texto.',
    codes: 'No está instalado el lector de códigos.',
  },
  count: (name, count) => (count === 1 ? name : `al menos ${count} ${name}`),
  seen: (counts) => (counts.length === 0 ? 'No se reconoce ningún objeto ni persona.' : `Parece haber ${join(counts, 'y')}.`),
  reads: (lines, more) =>
    lines.length === 0 ? '' : `Se lee: ${lines.map((line) => `«${line}»`).join(', ')}${more ? ' y más texto' : ''}.`,
  code: (kind, text) => `Hay un código ${kind} que dice «${text}».`,
  danger: ({ what, where, why }) => `Atención, ${what} ${where} (${why}).`,
  conditions({ light, sharpness }) {
    const faults = [isDim(light) ? 'tiene poca luz' : '', isBlurred(sharpness) ? 'está borrosa' : ''].filter(
      (fault) => fault !== '',
    )
    return faults.length === 0 ? '' : `La foto ${join(faults, 'y')}.`
  },
}

const ENGLISH: Phrases = {
  cannotAnswer: 'Without a vision model the question cannot be answered; this is what the detectors find.',
  noText: 'No text can be read in the photo.',
  noCode: 'No QR code or barcode is found in the photo.',
  found: (count, places) => `There seems to be ${count}: ${places.join(', ')}.`,
  notFound: (many) => `The detector finds no ${many}, though there may be some.`,
  madeBy: '(Described by automatic detectors, without a vision model.)',
  limits: 'The detectors know 80 classes of objects and see no actions, distances, or most dangers.',
  textLimits: 'The reader of text knows no ñ, ¿ or ¡ and loses accents.',
  missing: {
    objects: 'The detector of objects and people is not installed.',
    text: 'The reader of text is not installed.',
    codes: 'The reader of codes is not installed.',
  },
  count: (name, count) => (count === 1 ? `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}` : `${name} ${count} or more`),
  seen: (counts) => (counts.length === 0 ? 'No object or person is recognised.' : `There seems to be ${join(counts, 'and')}.`),
  reads: (lines, more) =>
    lines.length === 0 ? '' : `It reads: ${lines.map((line) => `“${line}”`).join(', ')}${more ? ' and more text' : ''}.`,
  code: (kind, text) => `There is a ${kind} code that says “${text}”.`,
  danger: ({ what, where, why }) => `${capital(what)} ${where} (${why}).`,
  conditions({ light, sharpness }) {
    const faults = [isDim(light) ? 'dim' : '', isBlurred(sharpness) ? 'blurred' : ''].filter((fault) => fault !== '')
    return faults.length === 0 ? '' : `The photo is ${join(faults, 'and')}.`
  },
}

export const PHRASES: Record<'es' | 'en', Phrases> = { es: SPANISH, en: ENGLISH }
