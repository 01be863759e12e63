import type { Danger } from '@vigia/protocol'
import type { ObservationDraft } from '../vision.ts'
import { type BannedKind, folded, withoutBanned } from './banned.ts'

/** Brings what a model said into line with the rules for observations. Pure. */

interface Phrases {
  danger(danger: Danger): string
  noneSeen: string
  onlyDangers: string
  removed: string
}

const PHRASES: Record<'es' | 'en', Phrases> = {
  es: {
    danger: ({ what, where, why }) => `Atención: ${joined(what, where, why)}.`,
    noneSeen: 'No se aprecian peligros evidentes.',
    onlyDangers: 'No hay más que decir con seguridad de la foto.',
    removed: 'Se ha quitado lo que el modelo suponía sobre las personas o la seguridad del lugar.',
  },
  en: {
    danger: ({ what, where, why }) => `Careful: ${joined(what, where, why)}.`,
    noneSeen: 'No evident dangers are seen.',
    onlyDangers: 'Nothing else can be said of the photo with certainty.',
    removed: 'What the model supposed about people or the safety of the place was removed.',
  },
}

const joined = (what: string, where: string, why: string): string =>
  `${what}${where && !folded(what).includes(folded(where)) ? `, ${where}` : ''}${why ? ` (${why})` : ''}`

export interface GuardOptions {
  language: string
  /** The description answers a question and is left as it stands, but for banned inferences. */
  asked: boolean
}

/** A danger that appears nowhere else in the answer is doubtful. */
export function withSupportedDangers(draft: ObservationDraft): ObservationDraft {
  return { ...draft, dangers: draft.dangers.map((danger) => supported(danger, draft)) }
}

/** Banned inferences out, dangers first. */
export function guardDraft(draft: ObservationDraft, { language, asked }: GuardOptions): ObservationDraft {
  const phrases = PHRASES[/^en\b/i.test(language) ? 'en' : 'es']
  const knowsPhrases = /^(es|en|auto)\b/i.test(language)
  const clean = withoutInferences(draft)
  const { dangers } = clean.draft
  const first = dangers.filter(({ severity }) => severity !== 'low').filter(({ what }) => !leads(clean.draft.description, what))
  const sentences = [
    ...(asked ? [] : first.map(phrases.danger)),
    clean.draft.description || phrases.onlyDangers,
    ...(!asked && knowsPhrases && dangers.length === 0 && !/peligro|danger|riesgo|hazard/i.test(clean.draft.description)
      ? [phrases.noneSeen]
      : []),
  ]
  const uncertain = clean.removed.length > 0 ? [...clean.draft.uncertain, phrases.removed] : clean.draft.uncertain
  return { ...clean.draft, description: sentences.join(' '), uncertain }
}

function withoutInferences(draft: ObservationDraft): { draft: ObservationDraft; removed: BannedKind[] } {
  const removed = new Set<BannedKind>()
  const clean = (text: string): string => {
    const result = withoutBanned(text)
    for (const kind of result.removed) removed.add(kind)
    return result.text
  }
  const cleanList = (texts: readonly string[]) => texts.map(clean).filter((text) => text !== '')
  const cleaned: ObservationDraft = {
    ...draft,
    description: clean(draft.description),
    people: cleanList(draft.people),
    objects: cleanList(draft.objects),
    surroundings: clean(draft.surroundings),
    activities: cleanList(draft.activities),
    suggestions: cleanList(draft.suggestions),
    uncertain: cleanList(draft.uncertain),
  }
  return { draft: cleaned, removed: [...removed] }
}

function supported(danger: Danger, draft: ObservationDraft): Danger {
  const rest = [
    draft.surroundings,
    draft.description,
    ...draft.objects,
    ...draft.people,
    ...draft.activities,
    ...draft.text_visible,
  ]
  const words = stems(rest.join(' '))
  return stems(danger.what).some((stem) => words.includes(stem)) ? danger : { ...danger, certainty: 'low' }
}

/** Whether the first sentence already speaks of it. */
function leads(description: string, what: string): boolean {
  const first = stems(/^[^.!?]*/.exec(description)?.[0] ?? '')
  return stems(what).some((stem) => first.includes(stem))
}

/** The first five letters of each word of four letters and more: close enough for "cuchillo" and "cuchillos". */
function stems(text: string): string[] {
  return (folded(text).match(/\p{L}{4,}/gu) ?? []).filter((word) => !COMMON.has(word)).map((word) => word.slice(0, 5))
}

const COMMON = new Set([
  'posible',
  'peligro',
  'sobre',
  'para',
  'cerca',
  'esta',
  'este',
  'entre',
  'junto',
  'possible',
  'danger',
  'with',
  'near',
  'that',
  'this',
])
