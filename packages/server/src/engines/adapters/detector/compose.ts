import type { PhotoMeasures } from '../../photo-processor.ts'
import type { ObservationDraft } from '../../vision.ts'
import { possibleDangers } from './dangers.ts'
import { LABELS, PERSON } from './labels.ts'
import { PHRASES, type Phrases } from './phrases.ts'
import { PLACES, placeOf } from './places.ts'
import type { DetectedObject, ReadCode, Sight } from './sight.ts'

/** Puts what the detectors found into words. Says nothing that was not found. Pure. */

/** Lines of text quoted in the description; all are in `text_visible`. */
const QUOTED_LINES = 6
const MAX_LISTED = 20

export interface ComposeOptions {
  /** BCP 47 tag; English for `en`, else Spanish. */
  language: string
  /** A question was put, which a detector cannot answer. */
  asked: boolean
  /** Light and focus, where they were measured. */
  measured?: Pick<PhotoMeasures, 'light' | 'sharpness'> | undefined
}

export function composeObservation(sight: Sight, { language, asked, measured }: ComposeOptions): ObservationDraft {
  const tongue = language.toLowerCase().startsWith('en') ? 'en' : 'es'
  const phrases = PHRASES[tongue]
  const people = sight.objects.filter(({ classId }) => classId === PERSON)
  const things = sight.objects.filter(({ classId }) => classId !== PERSON)
  const dangers = possibleDangers(sight.objects, tongue)
  const sentences = [
    asked ? phrases.cannotAnswer : '',
    ...dangers.map((danger) => phrases.danger(danger)),
    sight.missing.includes('objects')
      ? ''
      : phrases.seen(countAll(people, phrases, tongue).concat(countAll(things, phrases, tongue))),
    phrases.reads(
      sight.texts.slice(0, QUOTED_LINES).map(({ text }) => text),
      sight.texts.length > QUOTED_LINES,
    ),
    ...sight.codes.map((code) => phrases.code(codeName(code), code.text)),
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

/** "al menos 3 personas", "una bicicleta": one phrase per class, in order of likelihood. */
function countAll(objects: readonly DetectedObject[], phrases: Phrases, tongue: 'es' | 'en'): string[] {
  const counts = new Map<number, number>()
  for (const { classId } of objects) counts.set(classId, (counts.get(classId) ?? 0) + 1)
  return [...counts].map(([classId, count]) => phrases.count(nameOf(classId, count, tongue), count))
}

function listed(objects: readonly DetectedObject[], tongue: 'es' | 'en'): string[] {
  return objects.slice(0, MAX_LISTED).map(({ classId, box }) => `${nameOf(classId, 1, tongue)} ${PLACES[tongue][placeOf(box)]}`)
}

function nameOf(classId: number, count: number, tongue: 'es' | 'en'): string {
  const label = LABELS[classId]
  if (!label) return ''
  if (tongue === 'es') return label.es[count === 1 ? 0 : 1]
  return count === 1 ? label.en : `${label.en} ×`
}

const codeName = ({ format }: ReadCode): string => (format.startsWith('QR') || format.startsWith('MicroQR') ? 'QR' : format)
