import type { PhotoMeasures } from '../../photo-processor.ts'
import type { ObservationDraft } from '../../vision.ts'
import { answerOf } from './answer.ts'
import { possibleDangers } from './dangers.ts'
import { PERSON } from './labels.ts'
import { codeName, nameOf, type Tongue, tongueOf } from './names.ts'
import { PHRASES } from './phrases.ts'
import { PLACES, placeOf } from './places.ts'
import type { DetectedObject, Sight } from './sight.ts'

/** Puts what the detectors found into words. Says nothing that was not found. Pure. */

/** Lines of text quoted in the description; all are in `text_visible`. */
const QUOTED_LINES = 6
const MAX_LISTED = 20

export interface ComposeOptions {
  /** BCP 47 tag; English for `en`, else Spanish. */
  language: string
  /** A question about the photo; answered where what detectors find answers it, else it is said that they cannot. */
  prompt?: string | undefined
  /** Light and focus, where they were measured. */
  measured?: Pick<PhotoMeasures, 'light' | 'sharpness'> | undefined
}

export function composeObservation(sight: Sight, { language, prompt, measured }: ComposeOptions): ObservationDraft {
  const tongue = tongueOf(language)
  const phrases = PHRASES[tongue]
  const people = sight.objects.filter(({ classId }) => classId === PERSON)
  const things = sight.objects.filter(({ classId }) => classId !== PERSON)
  const dangers = possibleDangers(sight.objects, tongue)
  const answer = prompt === undefined ? null : answerOf(sight, prompt, tongue)
  const sentences = [
    ...(answer?.sentences ?? []),
    ...dangers.map((danger) => phrases.danger(danger)),
    ...(answer?.isWhole ? [] : whatIsThere(sight, people, things, tongue)),
    measured ? phrases.conditions(measured) : '',
    phrases.madeBy,
  ]
  return {
    description: sentences.filter((sentence) => sentence !== '').join(' '),
    people: listed(people, tongue),
    objects: listed(things, tongue),
    text_visible: [...sight.texts.map(({ text }) => text), ...sight.codes.map(({ text }) => text)],
    surroundings: '',
    activities: [],
    dangers,
    suggestions: [],
    uncertain: [
      phrases.limits,
      ...(sight.texts.length > 0 && !sight.accents ? [phrases.textLimits] : []),
      ...sight.missing.map((part) => phrases.missing[part]),
    ],
  }
}

function whatIsThere(
  { texts, codes, missing }: Sight,
  people: readonly DetectedObject[],
  things: readonly DetectedObject[],
  tongue: Tongue,
): string[] {
  const phrases = PHRASES[tongue]
  const lines = texts.slice(0, QUOTED_LINES).map(({ text }) => text)
  return [
    missing.includes('objects') ? '' : phrases.seen([...countAll(people, tongue), ...countAll(things, tongue)]),
    phrases.reads(lines, texts.length > QUOTED_LINES),
    ...codes.map((code) => phrases.code(codeName(code), code.text)),
  ]
}

/** "al menos 3 personas", "una bicicleta": one phrase per class, in order of likelihood. */
function countAll(objects: readonly DetectedObject[], tongue: Tongue): string[] {
  const counts = new Map<number, number>()
  for (const { classId } of objects) counts.set(classId, (counts.get(classId) ?? 0) + 1)
  return [...counts].map(([classId, count]) => PHRASES[tongue].count(nameOf(classId, count, tongue), count))
}

function listed(objects: readonly DetectedObject[], tongue: Tongue): string[] {
  return objects.slice(0, MAX_LISTED).map(({ classId, box }) => `${nameOf(classId, 1, tongue)} ${PLACES[tongue][placeOf(box)]}`)
}
