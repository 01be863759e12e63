import type { ExcludedReason, Segment } from '@vigia/protocol'
import type { Word } from '../engines/asr.ts'
import type { Span } from '../engines/audio.ts'
import type { SpeakerTurn } from '../engines/diarizer.ts'
import { type AlignedWord, assignSpeakers, type SpeakerRun, speakerRuns } from './align.ts'
import { overlaps, speakerOf, wordSpan } from './overlap.ts'

/** Final segments out of utterances, their words and the speaker turns. Pure. */

/** A final utterance as the recognizer gave it, on the session timeline. */
export interface FinalUtterance extends Span {
  /** Kept as the segment's id; without one, ids count from `seg-0001`. */
  id?: string
  text: string
  words: readonly Word[]
  confidence?: number
  language?: string
  excluded?: ExcludedReason
  /** A user corrected the text: it is never cut. */
  edited?: boolean
}

/** One final segment: an utterance, or one speaker's part of it. Times in milliseconds. */
export interface FinalSegment extends Span {
  id: string
  text: string
  speaker?: string
  words: AlignedWord[]
  confidence?: number
  language?: string
  overlap?: boolean
  excluded?: ExcludedReason
  edited?: boolean
}

/** A part is cut off only if it has at least this many words, lasts this long … */
const MIN_PART_WORDS = 2
const MIN_PART_MS = 1000
/** … and is this share of itself and its neighbour, or lasts {@link SURE_PART_MS}. */
const MIN_PART_SHARE = 0.2
const SURE_PART_MS = 2000

/**
 * Builds the final transcript. Each utterance becomes one segment, or several where its words change speaker and each
 * side is long enough. The first part keeps the utterance's id, later ones get `.2`, `.3` … Every word of the
 * utterances appears exactly once, in order; where an utterance is not cut its text stays as it was.
 *
 * @param turns - who spoke when; empty without diarization, then segments have no speaker
 */
export function buildTranscript(utterances: readonly FinalUtterance[], turns: readonly SpeakerTurn[]): FinalSegment[] {
  return utterances.flatMap((utterance, index) => {
    const id = utterance.id ?? `seg-${String(index + 1).padStart(4, '0')}`
    const near = turns.filter((turn) => turn.startMs < utterance.endMs + 1500 && turn.endMs > utterance.startMs - 1500)
    return segmentsOf(utterance, id, near)
  })
}

/** The wire form of a segment, seconds to the millisecond. */
export function toWireSegment(segment: FinalSegment, rev: number): Segment {
  const { startMs, endMs, words, ...rest } = segment
  return {
    ...rest,
    start: startMs / 1000,
    end: endMs / 1000,
    ...(words.length > 0 ? { words: words.map(toWireWord) } : {}),
    rev,
  }
}

function toWireWord({ text, startMs, endMs, confidence, speaker }: AlignedWord): NonNullable<Segment['words']>[number] {
  return {
    text,
    start: startMs / 1000,
    end: endMs / 1000,
    ...(confidence === undefined ? {} : { confidence }),
    ...(speaker === undefined ? {} : { speaker }),
  }
}

function segmentsOf(utterance: FinalUtterance, id: string, turns: readonly SpeakerTurn[]): FinalSegment[] {
  const words = assignSpeakers(utterance.words, turns)
  if (words.length === 0) return [whole(utterance, id, words, speakerOf(utterance, turns).speaker, turns)]
  const runs = mergeShortRuns(words, speakerRuns(words))
  if (utterance.edited || runs.length < 2) return [whole(utterance, id, words, majority(words), turns)]
  return runs.map((run, index) => part(utterance, index === 0 ? id : `${id}.${index + 1}`, words, run, runs, index, turns))
}

function whole(
  utterance: FinalUtterance,
  id: string,
  words: AlignedWord[],
  speaker: string | undefined,
  turns: readonly SpeakerTurn[],
): FinalSegment {
  const { startMs, endMs, text, confidence, language, excluded, edited } = utterance
  return clean({
    id,
    startMs,
    endMs,
    text,
    speaker,
    words: withSpeaker(words, speaker),
    confidence,
    language,
    overlap: isOverlapped(utterance, turns),
    excluded,
    edited,
  })
}

function part(
  utterance: FinalUtterance,
  id: string,
  words: AlignedWord[],
  run: SpeakerRun,
  runs: readonly SpeakerRun[],
  index: number,
  turns: readonly SpeakerTurn[],
): FinalSegment {
  const own = withSpeaker(words.slice(run.from, run.to), run.speaker)
  const startMs = index === 0 ? utterance.startMs : own[0]!.startMs
  const next = runs[index + 1]
  const endMs = next ? Math.max(startMs, Math.min(own.at(-1)!.endMs, words[next.from]!.startMs)) : utterance.endMs
  return clean({
    id,
    startMs,
    endMs,
    text: own.map((word) => word.text).join(' '),
    speaker: run.speaker,
    words: own,
    confidence: utterance.confidence,
    language: utterance.language,
    overlap: isOverlapped({ startMs, endMs }, turns),
    excluded: utterance.excluded,
  })
}

/** Joins runs that are too short to stand with the neighbour they fit best, until all can stand. */
function mergeShortRuns(words: readonly AlignedWord[], runs: SpeakerRun[]): SpeakerRun[] {
  let rest = runs.map((run) => ({ ...run }))
  while (rest.length > 1) {
    const index = rest.findIndex((_, i) => !canStand(words, rest, i))
    if (index < 0) break
    const into = index === 0 ? 1 : index - 1
    const [a, b] = index < into ? [rest[index]!, rest[into]!] : [rest[into]!, rest[index]!]
    const joined = { from: a.from, to: b.to, speaker: rest[into]!.speaker ?? rest[index]!.speaker }
    rest = joinEqual([...rest.slice(0, Math.min(index, into)), joined, ...rest.slice(Math.max(index, into) + 1)])
  }
  return rest
}

function joinEqual(runs: SpeakerRun[]): SpeakerRun[] {
  return runs.reduce<SpeakerRun[]>((out, run) => {
    const last = out.at(-1)
    if (last && last.speaker === run.speaker) last.to = run.to
    else out.push(run)
    return out
  }, [])
}

function canStand(words: readonly AlignedWord[], runs: readonly SpeakerRun[], index: number): boolean {
  const run = runs[index]!
  const ms = durationOf(words, run)
  if (run.to - run.from < MIN_PART_WORDS || ms < MIN_PART_MS) return false
  if (ms >= SURE_PART_MS) return true
  const neighbours = [runs[index - 1], runs[index + 1]].filter((n) => n !== undefined)
  return neighbours.every((n) => ms / (ms + durationOf(words, n)) >= MIN_PART_SHARE)
}

function durationOf(words: readonly AlignedWord[], run: SpeakerRun): number {
  return wordSpan(words[run.to - 1]!).endMs - words[run.from]!.startMs
}

function majority(words: readonly AlignedWord[]): string | undefined {
  const ms = new Map<string, number>()
  for (const word of words) {
    if (word.speaker === undefined) continue
    const span = wordSpan(word)
    ms.set(word.speaker, (ms.get(word.speaker) ?? 0) + span.endMs - span.startMs)
  }
  return [...ms].sort((a, b) => b[1] - a[1])[0]?.[0]
}

function withSpeaker(words: readonly AlignedWord[], speaker: string | undefined): AlignedWord[] {
  return words.map((word) => ({ ...word, speaker }))
}

/** True when two voices each cover at least a third of the span. */
function isOverlapped(span: Span, turns: readonly SpeakerTurn[]): true | undefined {
  const long = [...overlaps(span, turns).values()].filter((ms) => ms * 3 >= span.endMs - span.startMs)
  const total = long.reduce((sum, ms) => sum + ms, 0)
  return long.length > 1 && total > (span.endMs - span.startMs) * 1.2 ? true : undefined
}

function clean(segment: FinalSegment): FinalSegment {
  return Object.fromEntries(Object.entries(segment).filter(([, value]) => value !== undefined)) as unknown as FinalSegment
}
