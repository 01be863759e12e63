import { LABELS } from './labels.ts'
import { codeName, nameOf, type Tongue } from './names.ts'
import { PHRASES } from './phrases.ts'
import { PLACES, placeOf } from './places.ts'
import { readQuestion } from './question.ts'
import type { Sight, SightPart } from './sight.ts'

/** Answers a question from what the detectors found, or says that it cannot be answered. Pure. */

export interface Answer {
  sentences: string[]
  /** Nothing else need be said of what is there. */
  isWhole: boolean
}

/** Lines of text in an answer. */
const MAX_LINES = 20

export function answerOf(sight: Sight, prompt: string, tongue: Tongue): Answer {
  const phrases = PHRASES[tongue]
  const question = readQuestion(prompt)
  const whole = (...sentences: string[]): Answer => ({ sentences, isWhole: true })
  const lacks = (part: SightPart): boolean => sight.missing.includes(part)
  const codes = sight.codes.map((code) => phrases.code(codeName(code), code.text))
  switch (question?.about) {
    case undefined:
      return { sentences: [phrases.cannotAnswer], isWhole: false }
    case 'scene':
      return { sentences: [], isWhole: false }
    case 'codes':
      return whole(...(lacks('codes') ? [phrases.missing.codes] : codes.length > 0 ? codes : [phrases.noCode]))
    case 'text': {
      if (lacks('text')) return whole(phrases.missing.text, ...codes)
      const lines = sight.texts.slice(0, MAX_LINES).map(({ text }) => text)
      return whole(lines.length > 0 ? phrases.reads(lines, sight.texts.length > MAX_LINES) : phrases.noText, ...codes)
    }
    case 'objects':
      return whole(lacks('objects') ? phrases.missing.objects : findings(sight, question.classId, tongue))
  }
}

function findings({ objects }: Sight, classId: number, tongue: Tongue): string {
  const phrases = PHRASES[tongue]
  const found = objects.filter((object) => object.classId === classId)
  if (found.length === 0) return phrases.notFound(tongue === 'es' ? LABELS[classId]!.es[1] : LABELS[classId]!.en)
  const places = found.map(({ box }) => PLACES[tongue][placeOf(box)])
  return phrases.found(phrases.count(nameOf(classId, found.length, tongue), found.length), places)
}
