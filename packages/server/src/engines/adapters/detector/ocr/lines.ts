import type { Box, ReadText } from '../sight.ts'

/** Orders pieces of text as they are read, and joins those that stand in one line. Pure. */

/** Of the smaller height, the share that two pieces must have in common to stand in one line. */
const SAME_LINE = 0.5
/** Gap between two pieces of a line, in heights; a wider one separates columns. */
const MAX_GAP = 1.5

/**
 * Lines from top to bottom, pieces of a line from left to right, joined by a space; the score of a line is that of its worst piece.
 *
 * @param aspect - width ÷ height of the picture, since boxes are shares of each
 */
export function joinLines(pieces: readonly ReadText[], aspect: number): ReadText[] {
  const lines: ReadText[] = []
  for (const piece of pieces.toSorted((a, b) => a.box.left - b.box.left)) {
    const line = lines.find(({ box }) => continues(box, piece.box, aspect))
    if (!line) {
      lines.push({ ...piece, box: { ...piece.box } })
      continue
    }
    line.text += ` ${piece.text}`
    line.score = Math.min(line.score, piece.score)
    line.box = hullOf(line.box, piece.box)
  }
  return lines.sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
}

function continues(line: Box, next: Box, aspect: number): boolean {
  const height = Math.min(line.bottom - line.top, next.bottom - next.top)
  const shared = Math.min(line.bottom, next.bottom) - Math.max(line.top, next.top)
  const gap = (next.left - line.right) * aspect
  return shared >= SAME_LINE * height && gap <= MAX_GAP * height && gap > -height
}

function hullOf(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  }
}
