import type { Observation, Segment } from '@vigia/protocol'
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

/** Photos that were described, each at the line it was taken in. */
export function toPhotos(frames: readonly Observation[], lines: readonly Line[]): Photo[] {
  return frames
    .filter(({ status }) => status === 'done')
    .map((frame, i) => ({ n: i + 1, frame, line: Math.max(1, lines.findLast(({ start }) => start <= (frame.at ?? 0))?.n ?? 1) }))
}

export function renderLines(lines: readonly Line[], photos: readonly Photo[]): string {
  let marked = Number.NEGATIVE_INFINITY
  return lines
    .flatMap((line) => {
      const mark = line.start - marked >= MARK_EVERY_S ? [`-- ${clock(line.start)} --`] : []
      if (mark.length > 0) marked = line.start
      const shown = photos.filter((photo) => photo.line === line.n).map(renderPhoto)
      return [...mark, `[${line.n} ${line.key}] ${line.text}`, ...shown]
    })
    .join('\n')
}

function renderPhoto({ n, frame }: Photo): string {
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
