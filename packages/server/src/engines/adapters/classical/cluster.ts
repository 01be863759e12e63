import { mergeVoices, type Voice, voiceDistance } from './distance.ts'

/** Agglomerative clustering of voices by their means. Pure. */

/**
 * Voices closer than this are one speaker. Calibrated on 14 real voices and 84 pairs of them (`docs/diarization.md`): none
 * of either is wrong from 3.5 to 4.0; the lower end, because two voices of one room are nearer than those of two sources.
 */
export const SAME_SPEAKER = 3.5
/** Voiced frames (10 ms) from which a unit may found a speaker; shorter ones join the nearest. */
const MIN_FOUNDER = 60
/** Voiced frames that a speaker must have in all. */
const MIN_SPEAKER = 100
/** Units clustered at once; more are clustered block by block, then the clusters among themselves. */
const BLOCK = 300

export interface ClusterOptions {
  /** Number of speakers, when known. */
  speakers?: number
  /** Distance up to which two voices are one; {@link SAME_SPEAKER} unless calibrated. */
  sameSpeaker?: number
}

/**
 * The speakers that the voices support, as their means; at least one for any voice at all. Without a known number,
 * merging stops when the closest two differ by more than `sameSpeaker`.
 */
export function findSpeakers(voices: readonly Voice[], options: ClusterOptions = {}): Voice[] {
  const { sameSpeaker = SAME_SPEAKER } = options
  const founders = voices.filter((voice) => voice.count >= MIN_FOUNDER)
  const seeds = founders.length >= (options.speakers ?? 1) ? founders : voices.filter((voice) => voice.count > 0)
  if (seeds.length === 0) return []
  let clusters = [...seeds]
  while (clusters.length > BLOCK) {
    const blocks = Array.from({ length: Math.ceil(clusters.length / BLOCK) }, (_, i) =>
      agglomerate(clusters.slice(i * BLOCK, (i + 1) * BLOCK), options.speakers ?? 1, sameSpeaker),
    )
    const next = blocks.flat()
    if (next.length === clusters.length) break
    clusters = next
  }
  const found = agglomerate(clusters, options.speakers ?? 1, options.speakers ? Number.POSITIVE_INFINITY : sameSpeaker)
  return options.speakers ? found : refine(dropSmall(found), seeds)
}

/** Merges the closest two until `atLeast` are left or the closest two are `limit` apart. */
function agglomerate(voices: readonly Voice[], atLeast: number, limit: number): Voice[] {
  const clusters = [...voices]
  const distances = clusters.map((a, i) => clusters.slice(0, i).map((b) => voiceDistance(a, b)))
  while (clusters.length > atLeast) {
    const pair = closest(distances)
    if (!pair || pair.distance > limit) break
    const { i, k } = pair
    clusters[k] = mergeVoices(clusters[i]!, clusters[k]!)
    remove(clusters, distances, i)
    for (let other = 0; other < clusters.length; other++) {
      if (other === k) continue
      distances[Math.max(other, k)]![Math.min(other, k)] = voiceDistance(clusters[other]!, clusters[k]!)
    }
  }
  return clusters
}

function closest(distances: readonly number[][]): { i: number; k: number; distance: number } | null {
  let best: { i: number; k: number; distance: number } | null = null
  distances.forEach((row, i) => {
    for (let k = 0; k < row.length; k++) if (!best || row[k]! < best.distance) best = { i, k, distance: row[k]! }
  })
  return best
}

function remove(clusters: Voice[], distances: number[][], index: number): void {
  clusters.splice(index, 1)
  distances.splice(index, 1)
  for (let row = index; row < distances.length; row++) distances[row]!.splice(index, 1)
}

function dropSmall(clusters: Voice[]): Voice[] {
  const large = clusters.filter((cluster) => cluster.count >= MIN_SPEAKER)
  return large.length > 0 ? large : [clusters.reduce((a, b) => (b.count > a.count ? b : a))]
}

/** Gives every seed to its nearest speaker once more, and takes the means anew (one step of k-means). */
function refine(clusters: readonly Voice[], seeds: readonly Voice[]): Voice[] {
  const next = clusters.map((): Voice | null => null)
  for (const seed of seeds) {
    const { index } = nearestSpeaker(seed, clusters)
    next[index] = next[index] ? mergeVoices(next[index], seed) : seed
  }
  return next.filter((voice) => voice !== null)
}

/** The nearest speaker, its distance, and the distance of the next best (infinite when there is none). */
export function nearestSpeaker(voice: Voice, speakers: readonly Voice[]): { index: number; distance: number; second: number } {
  let found = { index: 0, distance: Number.POSITIVE_INFINITY, second: Number.POSITIVE_INFINITY }
  speakers.forEach((speaker, index) => {
    const distance = voiceDistance(voice, speaker)
    if (distance < found.distance) found = { index, distance, second: found.distance }
    else if (distance < found.second) found.second = distance
  })
  return found
}
