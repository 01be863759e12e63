import { countsAsSaid } from '@vigia/protocol'

/** What of a segment a transcript shows. */
export interface RenderedSegment {
  /** Seconds. */
  start: number
  end: number
  text: string
  speaker?: string
  /** Why the segment does not count; what is no talk at all is left out. */
  excluded?: string
}

export interface RenderOptions {
  /** Names by speaker label, as users gave them or the report suggests. */
  names?: Readonly<Record<string, string>>
}

/** Name of a speaker as shown; null where nobody was told. */
export function speakerName(segment: Pick<RenderedSegment, 'speaker'>, { names }: RenderOptions): string | null {
  const { speaker } = segment
  if (speaker === undefined || speaker === '?') return null
  return names?.[speaker] ?? speaker
}

/** Segments that count and say something, on one line each. */
export function shownSegments<T extends RenderedSegment>(segments: readonly T[]): T[] {
  return segments
    .filter((segment) => countsAsSaid(segment) && segment.text.trim() !== '')
    .map((segment) => ({ ...segment, text: segment.text.replace(/\s+/gu, ' ').trim() }))
}

/** `1:02:03` or `02:03`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`
}
