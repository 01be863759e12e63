import { clock, type RenderedSegment, type RenderOptions, shownSegments, speakerName } from './lines.ts'

/** Plain text: one line per segment, the speaker before it where known. */
export function renderTxt(segments: readonly RenderedSegment[], options: RenderOptions = {}): string {
  return shownSegments(segments)
    .map((segment) => {
      const name = speakerName(segment, options)
      return `${name === null ? '' : `${name}: `}${segment.text}\n`
    })
    .join('')
}

/** Markdown: one paragraph per speaker turn, with the time it begins. */
export function renderMarkdown(segments: readonly RenderedSegment[], options: RenderOptions & { title?: string } = {}): string {
  const turns = shownSegments(segments).reduce<{ start: number; name: string | null; texts: string[] }[]>((out, segment) => {
    const name = speakerName(segment, options)
    const last = out.at(-1)
    if (last && last.name === name && name !== null) last.texts.push(segment.text)
    else out.push({ start: segment.start, name, texts: [segment.text] })
    return out
  }, [])
  const body = turns.map(({ start, name, texts }) => {
    const who = name === null ? '' : `**${escapeMarkdown(name)}** `
    return `${who}\\[${clock(start)}\\] ${escapeMarkdown(texts.join(' '))}\n`
  })
  return [...(options.title ? [`# ${escapeMarkdown(options.title)}\n`] : []), ...body].join('\n')
}

/** Makes said words stay words: no links, no HTML, no headings, no lists. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/[\\`*_[\]<>|~#]/gu, '\\$&')
    .replace(/^(\s*)([-+])(\s)/u, '$1\\$2$3')
    .replace(/^(\s*\d+)([.)])(\s)/u, '$1\\$2$3')
}
