import type { Line } from './lines.ts'

/** Cuts a long session for a model with a short memory: on turn boundaries only, at pauses where there are some. Pure. */

/** Lines of the chunk before that are shown again, as context only. */
const OVERLAP = 3
/** A pause this long is a good place to cut. */
const PAUSE_S = 8
/** The last part of a chunk in which a good place is looked for. */
const SEARCH_SHARE = 0.25
/** The same for a change of speaker, of which there are many. */
const CHANGE_SHARE = 0.12

export interface Chunk {
  lines: Line[]
  /** The last lines of the chunk before: not to be extracted again. */
  context: Line[]
}

/**
 * @param sizeOf - tokens of a line
 * @param budget - tokens of a chunk, its context included
 */
export function toChunks(lines: readonly Line[], sizeOf: (line: Line) => number, budget: number): Chunk[] {
  const chunks: Chunk[] = []
  for (let from = 0; from < lines.length; ) {
    const context = from === 0 ? [] : lines.slice(Math.max(0, from - OVERLAP), from)
    let room = budget - context.reduce((sum, line) => sum + sizeOf(line), 0)
    let to = from
    while (to < lines.length && (to === from || room - sizeOf(lines[to]!) >= 0)) room -= sizeOf(lines[to++]!)
    if (to < lines.length) to = bestCut(lines, from, to)
    chunks.push({ lines: lines.slice(from, to), context })
    from = to
  }
  return chunks
}

/** The longest pause near the end, if it is one; else a change of speaker; else the limit itself. */
function bestCut(lines: readonly Line[], from: number, limit: number): number {
  const within = (share: number): number[] => {
    const first = Math.max(from + 1, Math.ceil(limit - (limit - from) * share))
    return Array.from({ length: limit - first + 1 }, (_, i) => limit - i)
  }
  const pauseAt = (at: number): number => lines[at]!.start - lines[at - 1]!.end
  const paused = within(SEARCH_SHARE).reduce((best, at) => (pauseAt(at) > pauseAt(best) ? at : best), limit)
  if (pauseAt(paused) > PAUSE_S) return paused
  const isChange = (at: number): boolean => lines[at]!.key !== lines[at - 1]!.key
  const changes = within(CHANGE_SHARE).filter(isChange)
  if (changes.length > 0) return changes.reduce((best, at) => (markOf(lines[at]!) < markOf(lines[best]!) ? at : best))
  return within(SEARCH_SHARE).find(isChange) ?? limit
}

/**
 * A number of the line's own (FNV-1a of its id). The cut is at the least of those near the limit, so that a part that
 * grows by a word or a photo rarely moves the cuts of all that follow: their answers are still known.
 */
function markOf({ segmentIds }: Line): number {
  let mark = 0x811c9dc5
  for (const char of segmentIds[0]!) mark = Math.imul(mark ^ char.codePointAt(0)!, 0x01000193) >>> 0
  return mark
}
