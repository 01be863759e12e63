import type { WireWord } from '@vigia/protocol'
import { type RenderedSegment, shownSegments } from './lines.ts'

/** Segments → subtitle cues of at most two lines of 42 characters (the limits of the BBC and Netflix guides are 37 to 42). */

export const LINE_CHARS = 42
export const CUE_LINES = 2

export interface Cue {
  startMs: number
  endMs: number
  /** One or two lines. */
  lines: string[]
  speaker?: string
}

type TimedSegment = RenderedSegment & { words?: readonly WireWord[] }

/** Cues in order; long segments are cut where a cue is full. Times come from words where there are any, else by length. */
export function toCues(segments: readonly TimedSegment[]): Cue[] {
  return shownSegments(segments).flatMap(cuesOf)
}

function cuesOf(segment: TimedSegment): Cue[] {
  const words = segment.text.split(' ').flatMap(breakLong)
  const groups = fill(words)
  let done = 0
  return groups.map((lines, i) => {
    const count = lines.join(' ').split(' ').length
    const from = done
    done += count
    const isLast = i === groups.length - 1
    const startMs = i === 0 ? ms(segment.start) : timeAt(segment, words.length, from, 'start')
    const endMs = isLast ? ms(segment.end) : timeAt(segment, words.length, done, 'start')
    return { startMs, endMs: Math.max(startMs + 1, endMs), lines, ...(segment.speaker ? { speaker: segment.speaker } : {}) }
  })
}

/** When word `index` of `count` begins. */
function timeAt(segment: TimedSegment, count: number, index: number, edge: 'start' | 'end'): number {
  const word = segment.words?.length === count ? segment.words[index] : undefined
  if (word) return Math.min(ms(segment.end), Math.max(ms(segment.start), ms(word[edge])))
  return Math.round(ms(segment.start) + ((ms(segment.end) - ms(segment.start)) * index) / count)
}

/** Words into lines, lines into cues. */
function fill(words: readonly string[]): string[][] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= LINE_CHARS) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return Array.from({ length: Math.ceil(lines.length / CUE_LINES) }, (_, i) => lines.slice(i * CUE_LINES, (i + 1) * CUE_LINES))
}

function breakLong(word: string): string[] {
  const letters = [...word]
  return Array.from({ length: Math.ceil(letters.length / LINE_CHARS) }, (_, i) =>
    letters.slice(i * LINE_CHARS, (i + 1) * LINE_CHARS).join(''),
  )
}

function ms(seconds: number): number {
  return Math.round(seconds * 1000)
}
