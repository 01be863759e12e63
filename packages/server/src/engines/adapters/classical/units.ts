import type { Span } from '../../audio.ts'
import { voiceDistance } from './distance.ts'
import { merged, type Sums, sumsOf, type WithinScatter, without } from './gaussian.ts'
import { DIMENSIONS, type VoicedFrame } from './voice.ts'

/** A stretch that one voice spoke: an utterance, or a part of one where the voice changed inside. */
export interface Unit extends Span {
  sums: Sums
}

/** A gap between voiced frames that may part two speakers. */
const PAUSE_MS = 200
/** Evidence needed to cut at a pause, and where there is none: a cut inside running speech is rare. */
const CUT_AT_PAUSE = 3.4
const CUT_INSIDE = 7
/** Voiced frames that each side of a cut must have. */
const MIN_SIDE = 45
/** Where running speech is probed for a change, in voiced frames. */
const PROBE = 15
/** How far a cut stays from the voice on either side of a pause. */
const MARGIN_MS = 120

/** Longest stretch, in voiced frames, that is taken to hold one voice when the scatter within a voice is measured. */
const ONE_VOICE = 150

/** Pieces of an utterance that most likely hold one voice each: parted by pauses, and short. */
export function oneVoicePieces(frames: readonly VoicedFrame[]): Float64Array[][] {
  const pieces: Float64Array[][] = []
  frames.forEach((frame, i) => {
    const isNew = i === 0 || frame.atMs - frames[i - 1]!.atMs >= PAUSE_MS || pieces.at(-1)!.length >= ONE_VOICE
    if (isNew) pieces.push([])
    pieces.at(-1)!.push(frame.vector)
  })
  return pieces
}

/** The units of one utterance; cut where the voice before and the voice after differ strongly. */
export function splitUtterance(utterance: Span, frames: readonly VoicedFrame[], scatter: WithinScatter): Unit[] {
  const prefix = prefixSums(frames)
  const whiten = scatter.whitening()
  const cuts = [0, ...cutsWithin(prefix, frames, whiten, 0, frames.length), frames.length]
  return cuts.slice(1).map((to, index) => {
    const from = cuts[index]!
    return {
      startMs: from === 0 ? utterance.startMs : startOf(frames, from),
      endMs: to === frames.length ? utterance.endMs : endOf(frames, to),
      sums: between(prefix, from, to),
    }
  })
}

/** Finds the strongest change in `[from, to)`, cuts there if it is strong enough, and looks on in both parts. */
function cutsWithin(
  prefix: readonly Sums[],
  frames: readonly VoicedFrame[],
  whiten: (sums: Sums) => Float64Array,
  from: number,
  to: number,
): number[] {
  let best = { at: -1, excess: 0 }
  for (let at = from + MIN_SIDE; at <= to - MIN_SIDE; at++) {
    const isPause = frames[at]!.atMs - frames[at - 1]!.atMs >= PAUSE_MS
    if (!isPause && (at - from) % PROBE !== 0) continue
    const excess = changeAt(prefix, whiten, from, at, to) - (isPause ? CUT_AT_PAUSE : CUT_INSIDE)
    if (excess > best.excess) best = { at, excess }
  }
  if (best.at < 0) return []
  return [...cutsWithin(prefix, frames, whiten, from, best.at), best.at, ...cutsWithin(prefix, frames, whiten, best.at, to)]
}

function changeAt(prefix: readonly Sums[], whiten: (sums: Sums) => Float64Array, from: number, at: number, to: number): number {
  const voice = (sums: Sums) => ({ count: sums.count, mean: whiten(sums) })
  return voiceDistance(voice(between(prefix, from, at)), voice(between(prefix, at, to)))
}

function prefixSums(frames: readonly VoicedFrame[]): Sums[] {
  let sums = sumsOf([], DIMENSIONS)
  return [sums, ...frames.map((frame) => (sums = merged(sums, { count: 1, sum: frame.vector })))]
}

function between(prefix: readonly Sums[], from: number, to: number): Sums {
  return without(prefix[to]!, prefix[from]!)
}

function endOf(frames: readonly VoicedFrame[], cut: number): number {
  const [before, after] = [frames[cut - 1]!.atMs, frames[cut]!.atMs]
  return Math.min(before + MARGIN_MS, (before + after) / 2)
}

function startOf(frames: readonly VoicedFrame[], cut: number): number {
  const [before, after] = [frames[cut - 1]!.atMs, frames[cut]!.atMs]
  return Math.max(after - MARGIN_MS, (before + after) / 2)
}
