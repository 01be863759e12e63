import type { Observation, Segment } from '@vigia/protocol'
import { cuesFor } from './cue-sets.ts'
import { contentStems } from './statements.ts'
import type { RuleLanguage } from './text/language.ts'
import { tokenize } from './text/tokens.ts'

/** Photos that prove what was said of them: “shown, not said”. Pure. */

/** A photo belongs to what is said at most this long before or after it, seconds. */
const NEAR_S = 20
/** “mira esto”: the photo is taken while it is said, seconds. */
const POINTING_S = 10
/** Words that the free text of an observation must share; of a thing it names one is enough. */
const SHARED_WORDS = 2
const MAX_PHOTOS = 2
/** In nearly every photo: they tie nothing to it. */
const PEOPLE =
  /^(?:personas?|gente|hombres?|mujer(?:es)?|adult[oa]s?|niñ[oa]s?|person|people|man|men|woman|women|adults?|child(?:ren)?)$/u

/** What a vision engine says that it sees; lettering aside, which is somebody's words. */
export function seenText({ description, objects, surroundings, activities, dangers }: Observation): string {
  const seen = dangers.flatMap(({ what, where, why }) => [what, where, why])
  return [description, ...objects, surroundings, ...activities, ...seen].filter(Boolean).join('. ')
}

/** What can be read in a photo: detail for what was said, never a reason for anything. */
export const letteringOf = ({ text_visible }: Observation): string => text_visible.join('. ')

interface SeenPhoto {
  id: string
  at: number
  things: ReadonlySet<string>
  words: ReadonlySet<string>
}

/** Finds the photos that show what a statement is about. */
export class PhotoEvidence {
  readonly #photos: readonly SeenPhoto[]
  readonly #segments: ReadonlyMap<string, Segment>
  readonly #language: RuleLanguage

  constructor(frames: readonly Observation[], segments: readonly Segment[], language: RuleLanguage) {
    this.#language = language
    this.#segments = frames.length === 0 ? new Map() : new Map(segments.map((segment) => [segment.id, segment]))
    this.#photos = frames.flatMap((frame) => {
      const { frame_id: id, at, status, objects, dangers } = frame
      if (status !== 'done' || at === undefined || at === null) return []
      const things = this.#stemsOf([...objects, ...dangers.map(({ what }) => what)].join('. '))
      return [{ id, at, things, words: this.#stemsOf(seenText(frame)) }]
    })
  }

  /** Ids of the nearest photos that bear on a claim, in the order they were taken. */
  about(text: string, evidence: readonly string[]): string[] {
    if (this.#photos.length === 0) return []
    const said = evidence.flatMap((id) => this.#segments.get(id) ?? [])
    const stems = this.#stemsOf(text)
    return this.#photos
      .flatMap((photo) => {
        const distance = Math.min(...said.map((segment) => distanceOf(photo.at, segment)))
        return distance <= NEAR_S && (shows(photo, stems) || this.#isPointedAt(photo, said)) ? [{ photo, distance }] : []
      })
      .sort((a, b) => a.distance - b.distance)
      .slice(0, MAX_PHOTOS)
      .map(({ photo }) => photo)
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => id)
  }

  /** The claim with its photos behind the lines that prove it. */
  cited<T extends { evidence: string[]; quote: string }>(claim: T, text: string): T {
    const photos = this.about(`${text}. ${claim.quote}`, claim.evidence)
    return photos.length === 0 ? claim : { ...claim, evidence: [...new Set([...claim.evidence, ...photos])] }
  }

  #isPointedAt({ at }: SeenPhoto, said: readonly Segment[]): boolean {
    return said.some((segment) => {
      if (distanceOf(at, segment) > POINTING_S) return false
      const plain = tokenize(segment.text)
        .map((token) => token.plain)
        .join(' ')
      return cuesFor('es').pointing.test(plain) || cuesFor('en').pointing.test(plain)
    })
  }

  #stemsOf(text: string): Set<string> {
    const tokens = tokenize(text).filter(({ plain }) => !PEOPLE.test(plain))
    return contentStems(tokens, this.#language)
  }
}

function shows({ things, words }: SeenPhoto, stems: Set<string>): boolean {
  return stems.intersection(things).size > 0 || stems.intersection(words).size >= SHARED_WORDS
}

/** Seconds between a photo and the talk of a segment; 0 while it lasts. */
function distanceOf(at: number, { start, end }: Segment): number {
  return Math.max(0, start - at, at - end)
}
