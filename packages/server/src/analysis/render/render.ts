import type { WireWord } from '@vigia/protocol'
import type { RenderedSegment } from './lines.ts'
import { renderSrt, renderVtt } from './subtitles.ts'
import { renderMarkdown, renderTxt } from './text.ts'

/** Written forms of a transcript. */
export type TranscriptFormat = 'md' | 'srt' | 'vtt' | 'txt'

export interface RenderInput {
  title: string | null
  segments: readonly (RenderedSegment & { words?: readonly WireWord[] })[]
  /** Names by speaker label. */
  names: Readonly<Record<string, string>>
}

/** A transcript as a file for people or players. Segments that do not count are left out. */
export function renderTranscript(format: TranscriptFormat, { title, segments, names }: RenderInput): string {
  switch (format) {
    case 'md':
      return renderMarkdown(segments, { names, ...(title ? { title } : {}) })
    case 'srt':
      return renderSrt(segments, { names })
    case 'vtt':
      return renderVtt(segments, { names })
    case 'txt':
      return renderTxt(segments, { names })
  }
}
