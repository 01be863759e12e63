/**
 * The output of pyannote segmentation: per frame one of the sets of at most two of three local voices. Pure.
 * Classes in order: nobody, 1, 2, 3, 1+2, 1+3, 2+3 (pyannote.audio `Powerset(3, 2)`).
 */

/** Sets of local voices by class, as bits. */
export function powersetMasks(speakers: number, maxAtOnce: number): number[] {
  const masks = [0]
  for (let speaker = 0; speaker < speakers; speaker += 1) masks.push(1 << speaker)
  if (maxAtOnce >= 2)
    for (let a = 0; a < speakers; a += 1) for (let b = a + 1; b < speakers; b += 1) masks.push((1 << a) | (1 << b))
  return masks
}

/** A local voice of one window, in frames, end exclusive. */
export interface LocalTurn {
  voice: number
  from: number
  to: number
}

/**
 * @param scores - [frames, classes], any monotone measure
 * @returns who speaks in which frames, as bits
 */
export function activityOf(scores: Float32Array, classes: number, masks: readonly number[]): Uint8Array {
  const frames = Math.floor(scores.length / classes)
  return Uint8Array.from({ length: frames }, (_, frame) => {
    let best = 0
    for (let at = 1; at < classes; at += 1) if (scores[frame * classes + at]! > scores[frame * classes + best]!) best = at
    return masks[best] ?? 0
  })
}

/** Runs of each voice; a pause up to `maxGap` frames does not end a turn, a turn below `minLength` is none. */
export function localTurns(activity: Uint8Array, voices: number, maxGap: number, minLength: number): LocalTurn[] {
  const turns: LocalTurn[] = []
  for (let voice = 0; voice < voices; voice += 1) {
    const found: LocalTurn[] = []
    for (let frame = 0; frame < activity.length; frame += 1) {
      if (!(activity[frame]! & (1 << voice))) continue
      const last = found.at(-1)
      if (last && frame - last.to <= maxGap) last.to = frame + 1
      else found.push({ voice, from: frame, to: frame + 1 })
    }
    turns.push(...found.filter(({ from, to }) => to - from >= minLength))
  }
  return turns
}
