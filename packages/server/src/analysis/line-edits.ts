import { type Report, type TranscriptItem, VigiaError, type WireWord } from '@vigia/protocol'
import { fold } from './text/fold.ts'

/**
 * A line of the transcript cut in two, two joined. Nothing that was said is lost by either, so that evidence stays good: it
 * follows the words it cites. Pure.
 */

/** What a segment and a line of the report have in common. */
type Line = Pick<TranscriptItem, 'id' | 'start' | 'end' | 'text'> & {
  speaker?: string | undefined
  words?: WireWord[] | undefined
  confidence?: number | undefined
  excluded?: TranscriptItem['excluded']
  edited?: boolean | undefined
}

/**
 * @param at - index in the text where the second line begins: the first letter of a word
 * @param secondId - id of the second line; the first one keeps its own
 * @throws VigiaError `invalid_request` when no word begins there
 */
export function splitLine<L extends Line>(line: L, at: number, secondId: string): [first: L, second: L] {
  const [head, tail] = [line.text.slice(0, at).trim(), line.text.slice(at).trim()]
  const beginsWord = /\s/.test(line.text[at - 1] ?? '') && !/\s/.test(line.text[at] ?? ' ')
  if (!beginsWord || head === '' || tail === '') {
    throw new VigiaError('invalid_request', `Expected the index of a word that is not the first one, got ${at}.`)
  }
  const { words, ...rest } = line
  const cut = words ? wordIndexAt(line.text, words, at) : null
  const [before, after] = words && cut !== null ? [words.slice(0, cut), words.slice(cut)] : [undefined, undefined]
  const middle = line.start + ((line.end - line.start) * at) / line.text.length
  const [end, start] = before && after ? [before.at(-1)!.end, after[0]!.start] : [middle, middle]
  const part = (id: string, from: number, to: number, text: string, own: WireWord[] | undefined): L =>
    ({
      ...rest,
      id,
      start: seconds(from),
      end: seconds(Math.max(from, to)),
      text,
      ...(own ? { words: own } : {}),
      edited: true,
    }) as L
  return [part(line.id, line.start, end, head, before), part(secondId, start, line.end, tail, after)]
}

/** The lines as one, under the id of the first. @throws VigiaError `invalid_request` for lines that count differently */
export function joinLines<L extends Line>(first: L, second: L): L {
  if (first.excluded !== second.excluded) {
    throw new VigiaError('invalid_request', 'Expected two lines that both count or both do not, got one of each.', {
      hint: 'Take both off the record, or neither.',
    })
  }
  const { words: head, confidence: _, ...rest } = first
  const words = head && second.words ? [...head, ...second.words] : undefined
  return {
    ...rest,
    end: Math.max(first.end, second.end),
    text: `${first.text} ${second.text}`,
    ...(words ? { words } : {}),
    ...confidenceOf(first, second),
    edited: true,
  } as L
}

/** An id for the second part of a line that no other has. */
export function partId(id: string, taken: ReadonlySet<string>): string {
  for (let part = 2; ; part++) if (!taken.has(`${id}.${part}`)) return `${id}.${part}`
}

/** The report after a line was cut: claims cite the part that holds their quote, or both. */
export function withSplitLine(report: Report, [first, second]: readonly [Line, Line]): Report {
  const transcript = report.transcript.flatMap((item) => (item.id === first.id ? parts(item, [first, second]) : [item]))
  const both = (evidence: string[]): string[] => evidence.flatMap((id) => (id === first.id ? [first.id, second.id] : [id]))
  const cited = (evidence: string[], quote: string): string[] => {
    const holder = [first, second].find(({ text }) => quote !== '' && fold(text).includes(fold(quote)))
    return holder ? evidence.map((id) => (id === first.id ? holder.id : id)) : both(evidence)
  }
  return withEvidence({ ...report, transcript }, both, cited)
}

/** The report after two lines were joined: what cited the second one cites the one they are now. */
export function withJoinedLines(report: Report, joined: Line, secondId: string): Report {
  const transcript = report.transcript.flatMap((item) =>
    item.id === secondId ? [] : item.id === joined.id ? parts(item, [joined]) : [item],
  )
  const moved = (evidence: string[]): string[] => [...new Set(evidence.map((id) => (id === secondId ? joined.id : id)))]
  return withEvidence({ ...report, transcript }, moved, moved)
}

function withEvidence(
  report: Report,
  move: (evidence: string[]) => string[],
  moveQuoted: (evidence: string[], quote: string) => string[],
): Report {
  const moved = <C extends { evidence: string[] }>(claim: C): C => ({ ...claim, evidence: move(claim.evidence) })
  const quoted = <C extends { evidence: string[]; quote: string }>(claim: C): C => ({
    ...claim,
    evidence: moveQuoted(claim.evidence, claim.quote),
  })
  return {
    ...report,
    action_items: report.action_items.map(quoted),
    ...(report.suggested_actions ? { suggested_actions: report.suggested_actions.map(quoted) } : {}),
    findings: report.findings.map(quoted),
    summary_points: report.summary_points.map(moved),
    ...(report.chapters ? { chapters: report.chapters.map(moved) } : {}),
    participants: report.participants.map((one) =>
      one.name_evidence ? { ...one, name_evidence: move(one.name_evidence) } : one,
    ),
  }
}

/** Lines in the place of an item of the report, which has fields of its own. */
const parts = (item: TranscriptItem, lines: readonly Line[]): TranscriptItem[] =>
  lines.map(({ id, start, end, text, words, confidence, speaker }) => {
    const { words: _, confidence: __, ...rest } = item
    const timed = { ...(words ? { words } : {}), ...(confidence === undefined ? {} : { confidence }) }
    return { ...rest, id, start, end, text, ...timed, speaker: speaker ?? item.speaker, edited: true }
  })

/** Which word begins at an index of the text; null where text and words do not agree (the text was corrected). */
function wordIndexAt(text: string, words: readonly WireWord[], at: number): number | null {
  let from = 0
  let cut: number | null = null
  for (const [index, word] of words.entries()) {
    const found = text.indexOf(word.text.trim(), from)
    if (found < 0 || text.slice(from, found).trim() !== '') return null
    if (cut === null && found >= at) cut = index
    from = found + word.text.trim().length
  }
  return cut === 0 || text.slice(from).trim() !== '' ? null : cut
}

/** Weighted by how long each one is. */
function confidenceOf(first: Line, second: Line): { confidence?: number } {
  if (first.confidence === undefined || second.confidence === undefined) return {}
  const [a, b] = [first.end - first.start, second.end - second.start]
  if (a + b <= 0) return { confidence: Math.min(first.confidence, second.confidence) }
  const mean = (first.confidence * a + second.confidence * b) / (a + b)
  return { confidence: Math.min(1, Math.max(0, Math.round(mean * 1e6) / 1e6)) }
}

const seconds = (value: number): number => Math.round(value * 1000) / 1000
