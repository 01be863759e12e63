import { cosineDistance, unit, weightedSum } from './vectors.ts'

/** Live speaker labels: each utterance's voice is compared with those heard before in the session. Pure. */

export interface LiveLabel {
  /** `S1`, `S2` … */
  speaker: string
  /** Too little of this voice was heard to be sure that it is one of its own. */
  provisional: boolean
  similarity: number
}

/** Speech that founds a speaker, and that settles one, ms. */
const MIN_FOUNDER_MS = 1500
const SETTLED_MS = 3000
/** More voices than a room holds are a mistake of the threshold. */
const MAX_SPEAKERS = 20

interface Known {
  centroid: Float32Array
  weightMs: number
}

export class OnlineSpeakers {
  readonly #mergeDistance: number
  readonly #known: Known[] = []

  /** @param mergeDistance - of the embedding model, cosine */
  constructor(mergeDistance: number) {
    this.#mergeDistance = mergeDistance
  }

  /** @param embedding - of unit length; @param durationMs - of the speech it rests on. Null when nobody can be named yet. */
  label(embedding: Float32Array, durationMs: number): LiveLabel | null {
    const { index, distance } = this.#nearest(embedding)
    const isNew = index < 0 || (distance > this.#mergeDistance && this.#known.length < MAX_SPEAKERS)
    if (isNew && durationMs < MIN_FOUNDER_MS) return index < 0 ? null : this.#say(index, distance)
    if (isNew) {
      this.#known.push({ centroid: embedding, weightMs: durationMs })
      return this.#say(this.#known.length - 1, 0)
    }
    const known = this.#known[index]!
    const sum = weightedSum(known.centroid, known.weightMs, embedding, durationMs)
    this.#known[index] = { centroid: unit(sum) ?? known.centroid, weightMs: known.weightMs + durationMs }
    return this.#say(index, distance)
  }

  /** Centroids of the session so far, by label. */
  speakers(): { speaker: string; centroid: Float32Array; speechMs: number }[] {
    return this.#known.map(({ centroid, weightMs }, index) => ({ speaker: `S${index + 1}`, centroid, speechMs: weightMs }))
  }

  #nearest(embedding: Float32Array): { index: number; distance: number } {
    const distances = this.#known.map(({ centroid }) => cosineDistance(centroid, embedding))
    const distance = Math.min(...distances, Number.POSITIVE_INFINITY)
    return { index: distances.indexOf(distance), distance }
  }

  #say(index: number, distance: number): LiveLabel {
    return { speaker: `S${index + 1}`, provisional: this.#known[index]!.weightMs < SETTLED_MS, similarity: 1 - distance }
  }
}
