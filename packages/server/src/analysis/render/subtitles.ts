import type { WireWord } from '@vigia/protocol'
import { toCues } from './cues.ts'
import { type RenderedSegment, type RenderOptions, speakerName } from './lines.ts'

type Timed = RenderedSegment & { words?: readonly WireWord[] }

/** SubRip: numbered cues, `00:00:01,000`, the speaker before the first line of a turn. */
export function renderSrt(segments: readonly Timed[], options: RenderOptions = {}): string {
  let last: string | null = null
  const blocks = toCues(segments).map((cue, i) => {
    const name = speakerName(cue, options)
    const lead = name !== null && name !== last ? `[${oneLine(name)}]\n` : ''
    last = name
    return `${i + 1}\n${stamp(cue.startMs, ',')} --> ${stamp(cue.endMs, ',')}\n${lead}${cue.lines.map(escapeSrt).join('\n')}\n`
  })
  return blocks.join('\n')
}

/** WebVTT, with `<v Name>` where the speaker is known. */
export function renderVtt(segments: readonly Timed[], options: RenderOptions = {}): string {
  const blocks = toCues(segments).map((cue) => {
    const name = speakerName(cue, options)
    const voice = name === null ? '' : `<v ${escapeVtt(oneLine(name))}>`
    return `${stamp(cue.startMs, '.')} --> ${stamp(cue.endMs, '.')}\n${voice}${cue.lines.map(escapeVtt).join('\n')}\n`
  })
  return ['WEBVTT\n', ...blocks].join('\n')
}

/** `00:00:01,000`; hours run on beyond 99. */
export function stamp(ms: number, separator: ',' | '.'): string {
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0')
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60]
  return `${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}${separator}${pad(ms % 1000, 3)}`
}

/** SubRip has no escape: players read `<b>` and `{\an8}` as style, so their brackets are replaced by look-alikes. */
function escapeSrt(text: string): string {
  return text.replaceAll('-->', '→').replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{', '(').replaceAll('}', ')')
}

function escapeVtt(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function oneLine(name: string): string {
  return name.replace(/\s+/gu, ' ').trim()
}
