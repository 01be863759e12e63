import type { Observation, Report, Segment, SessionDetail } from '@vigia/protocol'
import { clock } from '../std/format.ts'

/** One line of the transcript page. */
export type Row =
  | { kind: 'segment'; key: string; at: number; segment: Segment; startsTurn: boolean }
  | { kind: 'frame'; key: string; at: number; observation: Observation }
  | { kind: 'gap'; key: string; at: number; end: number; reason: string }
  | { kind: 'mark'; key: string; at: number; label: string }

/** The timeline as rows; a speaker's name stands where the speaker changes. Pure. */
export function rowsOf(detail: SessionDetail): Row[] {
  let speaker: string | undefined
  return detail.timeline.map((item): Row => {
    switch (item.kind) {
      case 'segment': {
        const startsTurn = item.segment.speaker !== speaker
        speaker = item.segment.speaker
        return { kind: 'segment', key: item.segment.id, at: item.at, segment: item.segment, startsTurn }
      }
      case 'frame':
        return { kind: 'frame', key: item.observation.frame_id, at: item.at, observation: item.observation }
      case 'gap':
        return {
          kind: 'gap',
          key: `gap ${item.gap.start} ${item.gap.reason}`,
          at: item.at,
          end: item.gap.end,
          reason: item.gap.reason,
        }
      default:
        return { kind: 'mark', key: item.mark.id, at: item.at, label: item.mark.label }
    }
  })
}

/** The lines of one person alone, who is named once. */
export function rowsOfPerson(rows: readonly Row[], speaker: string): Row[] {
  const theirs = rows.filter((row) => row.kind === 'segment' && row.segment.speaker === speaker)
  return theirs.map((row, i) => ({ ...row, startsTurn: i === 0 }) as Row)
}

/** The last row that has begun at a moment; -1 before the first. `rows` are in order. */
export function rowIndexAt(rows: readonly Row[], seconds: number): number {
  let [low, high] = [0, rows.length - 1]
  let found = -1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (rows[middle]!.at <= seconds + 0.05) {
      found = middle
      low = middle + 1
    } else high = middle - 1
  }
  return found
}

/** Names that the report found, and over them those that people gave. */
export function namesOf(detail: SessionDetail, report: Report | null): Record<string, string> {
  const found = report?.participants.flatMap(({ speaker, name }) => (name ? [[speaker, name] as const] : [])) ?? []
  return { ...Object.fromEntries(found), ...detail.speaker_names }
}

/** What in the report cites each segment or photo. */
export function citedBy(report: Report | null): Map<string, { id: string; text: string }[]> {
  const cited = new Map<string, { id: string; text: string }[]>()
  const add = (evidence: readonly string[], id: string, text: string): void => {
    for (const one of evidence) cited.set(one, [...(cited.get(one) ?? []), { id, text }])
  }
  for (const [i, { evidence, text }] of (report?.summary_points ?? []).entries()) add(evidence, `point-${i}`, text)
  const tasks = [...(report?.action_items ?? []), ...(report?.suggested_actions ?? [])]
  for (const { evidence, id, title, status } of tasks) if (status !== 'dismissed') add(evidence, id, title)
  for (const { evidence, id, text, status } of report?.findings ?? []) if (status !== 'dismissed') add(evidence, id, text)
  return cited
}

/** Where the words of a quote are: the first start and the last end of what is cited. */
export function spanOf(evidence: readonly string[], rows: readonly Row[]): { start: number; end: number } | null {
  const cited = rows.filter((row) => evidence.includes(row.key))
  if (cited.length === 0) return null
  const ends = cited.map((row) => (row.kind === 'segment' ? row.segment.end : row.at + 2))
  return { start: Math.min(...cited.map((row) => row.at)), end: Math.max(...ends) }
}

/** Names and texts of a report's lines, to compare two of them. */
export function reportLines(report: Report): string[] {
  return [
    ...report.summary_points.map(({ text }) => text),
    ...report.action_items.map(({ title }) => title),
    ...report.findings.map(({ text }) => text),
  ]
}

/** What a new report says that the old one did not, and the other way round. */
export function compareReports(before: Report, after: Report): { added: string[]; removed: string[] } {
  const [old, now] = [new Set(reportLines(before)), new Set(reportLines(after))]
  return { added: [...now].filter((line) => !old.has(line)), removed: [...old].filter((line) => !now.has(line)) }
}

/** Stretches of speech, joined where the pause is short; to skip the silence between. */
export function speechSpans(rows: readonly Row[], joinS = 1): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = []
  for (const row of rows) {
    if (row.kind !== 'segment') continue
    const last = spans.at(-1)
    if (last && row.segment.start - last.end < joinS) last.end = Math.max(last.end, row.segment.end)
    else spans.push({ start: row.segment.start, end: row.segment.end })
  }
  return spans
}

/** The lines of a session in order. */
export const linesOf = (detail: SessionDetail): Segment[] =>
  detail.timeline.flatMap((item) => (item.kind === 'segment' ? [item.segment] : []))

/** Lines as plain text, a paragraph for each turn; what is off the record stays out. */
export function transcriptText(
  rows: readonly Row[],
  names: Readonly<Record<string, string>>,
  { times, speakers }: { times: boolean; speakers: boolean },
): string {
  return rows
    .flatMap((row) => {
      if (row.kind !== 'segment' || row.segment.excluded === 'off_record') return []
      const { speaker, text } = row.segment
      const name = speakers && speaker ? `${names[speaker] ?? speaker}: ` : ''
      return [`${times ? `[${clock(row.at)}] ` : ''}${name}${text}`]
    })
    .join('\n')
}

/** Where a line is cut for a caret in its text: the beginning of the word it stands in or before; null at the first word. */
export function cutAt(text: string, caret: number): number | null {
  let at = Math.min(caret, text.length)
  while (at < text.length && /\s/.test(text[at]!)) at += 1
  while (at > 0 && !/\s/.test(text[at - 1]!)) at -= 1
  return at > 0 && at < text.length && text.slice(0, at).trim() !== '' ? at : null
}
