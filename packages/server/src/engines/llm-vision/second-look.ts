import type { Danger } from '@vigia/protocol'
import type { ObservationDraft } from '../vision.ts'
import { SecondLook } from './answer.ts'
import { findJsonObject } from './json-text.ts'
import { isSpanish } from './prompt.ts'

/** What a second question changes about a grave danger: a false alarm in the ear costs trust. Pure. */

export type Verdict = SecondLook['seen'] | 'unanswered'

/** Models leave the place out. */
const ReadLook = SecondLook.partial({ where: true })

/** @returns `unanswered` where the answer is none of the three */
export function readSecondLook(text: string): { verdict: Verdict; where: string } {
  const value = findJsonObject(text)
  const look = ReadLook.safeParse(normalised(value))
  return look.success ? { verdict: look.data.seen, where: look.data.where ?? '' } : { verdict: plainVerdict(text), where: '' }
}

const WORDS: Readonly<Record<string, SecondLook['seen']>> = { sí: 'yes', si: 'yes', yes: 'yes', no: 'no', unsure: 'unsure' }

function normalised(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('seen' in value)) return value
  if (typeof value.seen === 'boolean') return { ...value, seen: value.seen ? 'yes' : 'no' }
  return { ...value, seen: WORDS[String(value.seen).toLowerCase()] ?? value.seen }
}

/** A bare "No." without JSON. */
function plainVerdict(text: string): Verdict {
  return WORDS[text.trim().toLowerCase().replace(/[.!]$/, '')] ?? 'unanswered'
}

export interface Judged {
  danger: Danger
  verdict: Verdict
  where: string
}

/**
 * Denied dangers leave the list, doubtful ones become of medium severity, seen ones are at least fairly certain. Doubts are
 * named, and a denial also in the description, which may still speak of it.
 */
export function afterSecondLook(draft: ObservationDraft, judged: readonly Judged[], language: string): ObservationDraft {
  const verdictOf = new Map(judged.map((one) => [one.danger, one]))
  const dangers = draft.dangers.flatMap((danger): Danger[] => {
    const one = verdictOf.get(danger)
    if (one?.verdict === 'no') return []
    if (one?.verdict === 'unsure') return [{ ...danger, severity: 'medium', certainty: 'low' }]
    return [one?.verdict === 'yes' ? confirmed(danger, one.where) : danger]
  })
  const doubts = judged.filter(({ verdict }) => verdict !== 'yes').map((one) => doubt(one, isSpanish(language)))
  const denied = judged.filter(({ verdict }) => verdict === 'no').map((one) => doubt(one, isSpanish(language)))
  const description = [draft.description, ...denied].join(' ')
  return { ...draft, description, dangers, uncertain: [...draft.uncertain, ...doubts] }
}

function confirmed(danger: Danger, where: string): Danger {
  return { ...danger, where: danger.where || where, certainty: danger.certainty === 'low' ? 'medium' : danger.certainty }
}

function doubt({ danger, verdict }: Judged, spanish: boolean): string {
  if (verdict === 'no')
    return spanish ? `Al mirar otra vez no se ve: ${danger.what}.` : `Not seen on a second look: ${danger.what}.`
  if (verdict === 'unsure')
    return spanish ? `No está claro si se ve: ${danger.what}.` : `It is not clear whether this is seen: ${danger.what}.`
  return spanish ? `No se pudo comprobar: ${danger.what}.` : `It could not be checked: ${danger.what}.`
}
