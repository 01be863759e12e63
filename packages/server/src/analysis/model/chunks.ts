import type { Line } from './lines.ts'

/** Cuts a long session for a model with a short memory: on turn boundaries only, at pauses where there are some. Pure. */

/** Lines of the chunk before that are shown again, as context only. */
const OVERLAP = 3
/** A pause this long is a good place to cut. */
const PAUSE_S = 8
/** The last part of a chunk in which a good place is looked for. */
const SEARCH_SHARE = 0.25

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

/** The longest pause near the end, if it is one; else where the speaker changes; else the limit itself. */
function bestCut(lines: readonly Line[], from: number, limit: number): number {
  const first = Math.max(from + 1, Math.ceil(limit - (limit - from) * SEARCH_SHARE))
  let best = limit
  let longest = PAUSE_S
  for (let at = limit; at >= first; at--) {
    const pause = lines[at]!.start - lines[at - 1]!.end
    if (pause > longest) {
      best = at
      longest = pause
    }
  }
  if (best !== limit || lines[limit]!.key !== lines[limit - 1]!.key) return best
  for (let at = limit; at >= first; at--) if (lines[at]!.key !== lines[at - 1]!.key) return at
  return limit
}
