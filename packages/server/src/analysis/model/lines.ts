import type { Observation, Segment } from '@vigia/protocol'
import { letteringOf, seenText } from '../photo-evidence.ts'
import { jaccard } from '../text/stem.ts'
import { tokenize } from '../text/tokens.ts'

/** The transcript as a language model reads it: short numbered lines, speakers as letters. Pure. */

/** Neighbours of one speaker are joined up to this gap and length: fewer line heads, fewer tokens. */
const MAX_GAP_S = 1.5
const MAX_WORDS = 60
/** A time mark stands at least this far from the one before. */
const MARK_EVERY_S = 120

export interface Line {
  /** Counts from 1 over the whole session. */
  n: number
  /** Letter of the speaker, `?` where unknown. */
  key: string
  start: number
  end: number
  text: string
  segmentIds: string[]
}

export interface Photo {
  /** Counts from 1. */
  n: number
  frame: Observation
  /** Line it was taken at. */
  line: number
}

/** Letters of speakers, in order of appearance. */
export function speakerKeys(segments: readonly Segment[]): Map<string, string> {
  const labels = new Set(segments.flatMap(({ speaker }) => (speaker === undefined || speaker === '?' ? [] : [speaker])))
  return new Map([...labels].map((label, i) => [label, i < 26 ? String.fromCharCode(65 + i) : `P${i + 1}`]))
}

/** @param segments - those that count */
export function toLines(segments: readonly Segment[]): Line[] {
  const keys = speakerKeys(segments)
  const lines: Line[] = []
  let words = 0
  for (const segment of segments) {
    const key = keys.get(segment.speaker ?? '?') ?? '?'
    const text = oneLine(segment.text)
    const length = tokenize(text).length
    const last = lines.at(-1)
    if (last && last.key === key && key !== '?' && segment.start - last.end < MAX_GAP_S && words + length <= MAX_WORDS) {
      last.text += ` ${text}`
      last.end = segment.end
      last.segmentIds.push(segment.id)
      words += length
      continue
    }
    lines.push({ n: lines.length + 1, key, start: segment.start, end: segment.end, text, segmentIds: [segment.id] })
    words = length
  }
  return lines
}

/** What was said cannot look like a line head of ours. */
const oneLine = (text: string): string => text.replace(/\s+/gu, ' ').replace(/[[\]]/gu, '').trim()

/** A photo whose words are nearly those of the one before it tells nothing new. */
const SAME_VIEW = 0.8
/** Photos of one line that a model is shown. */
const MAX_AT_LINE = 3

/** Photos that were described, each at the line it was taken in; of many alike, and of many at once, the first. */
export function toPhotos(frames: readonly Observation[], lines: readonly Line[]): Photo[] {
  const photos: Photo[] = []
  let before: Set<string> = new Set()
  for (const [i, frame] of frames.filter(({ status }) => status === 'done').entries()) {
    const line = lineAt(lines, frame.at ?? 0)
    const words = new Set(tokenize(`${seenText(frame)}. ${letteringOf(frame)}`).map(({ plain }) => plain))
    const isNew = photos.length === 0 || jaccard(words, before) < SAME_VIEW
    if (!isNew || photos.slice(-MAX_AT_LINE).filter((photo) => photo.line === line).length === MAX_AT_LINE) continue
    photos.push({ n: i + 1, frame, line })
    before = words
  }
  return photos
}

/** Number of the last line that had begun. Times of lines do not run backwards. */
function lineAt(lines: readonly Line[], at: number): number {
  let [from, to] = [0, lines.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (lines[middle]!.start <= at) from = middle + 1
    else to = middle
  }
  return Math.max(1, from)
}

export function renderLines(lines: readonly Line[], photos: readonly Photo[]): string {
  let marked = Number.NEGATIVE_INFINITY
  const atLine = Map.groupBy(photos, ({ line }) => line)
  return lines
    .flatMap((line) => {
      const mark = line.start - marked >= MARK_EVERY_S ? [`-- ${clock(line.start)} --`] : []
      if (mark.length > 0) marked = line.start
      const shown = (atLine.get(line.n) ?? []).map(renderPhoto)
      return [...mark, `[${line.n} ${line.key}] ${line.text}`, ...shown]
    })
    .join('\n')
}

export function renderPhoto({ n, frame }: Photo): string {
  const parts = [
    frame.description,
    frame.objects.length > 0 ? `objetos: ${frame.objects.join(', ')}` : '',
    frame.dangers.length > 0 ? `peligros: ${frame.dangers.map(({ what, where }) => `${what} ${where}`).join('; ')}` : '',
    frame.text_visible.length > 0 ? `texto: «${frame.text_visible.join(' | ')}»` : '',
  ]
  return `[F${n} ${clock(frame.at ?? 0)}] (shown, not said) ${oneLine(parts.filter(Boolean).join('. ')).slice(0, 500)}`
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`
}
