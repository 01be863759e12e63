import type { Word } from '../engines/asr.ts'
import type { SpeakerTurn } from '../engines/diarizer.ts'
import { speakerOf, wordSpan } from './overlap.ts'

/** Words to speakers: who said each word, decided word by word and then smoothed. Pure. */

/** A word with the speaker it was given to; no speaker where no voice was near. */
export interface AlignedWord extends Word {
  /** Another voice speaks over at least half of the word. */
  overlap?: boolean
}

/** A stretch of consecutive words of one speaker, as indices `[from, to)`. */
export interface SpeakerRun {
  from: number
  to: number
  speaker: string | undefined
}

/** Most words that a clause moves to its majority speaker at each edge. */
const MAX_EDGE_WORDS = 2
/** A run of other words at most this long, between two runs of one speaker, is taken for an error of the diarizer. */
const ISLAND_WORDS = 2
const ISLAND_MS = 700
/** A short run stands when it lasts this long … */
const BACKCHANNEL_MS = 300
/** … and its turn is at least this certain: an “mhm” of another voice. */
const BACKCHANNEL_CONFIDENCE = 0.5

/**
 * Gives each word its speaker. Words and turns are in order of time; turns may overlap.
 *
 * Largest overlap wins; a narrow win goes to the speaker of the word before; a word outside all turns goes to the
 * nearest within one second. Then a punctuated clause pulls in one or two stray words at its edges, and short islands
 * inside one speaker's words are folded in. Every word comes back exactly once, in order.
 */
export function assignSpeakers(words: readonly Word[], turns: readonly SpeakerTurn[]): AlignedWord[] {
  const aligned = firstPass(words, turns)
  voteInClauses(aligned)
  foldIslands(aligned, turns)
  return aligned
}

/** Consecutive words of one speaker, in order. */
export function speakerRuns(words: readonly AlignedWord[]): SpeakerRun[] {
  const runs: SpeakerRun[] = []
  words.forEach((word, index) => {
    const last = runs.at(-1)
    if (last && last.speaker === word.speaker) last.to = index + 1
    else runs.push({ from: index, to: index + 1, speaker: word.speaker })
  })
  return runs
}

function firstPass(words: readonly Word[], turns: readonly SpeakerTurn[]): AlignedWord[] {
  let previous: string | undefined
  return words.map((word) => {
    const found = speakerOf(wordSpan(word), turns, previous)
    previous = found.speaker ?? previous
    return { ...word, speaker: found.speaker, ...(found.overlap ? { overlap: true } : {}) }
  })
}

function voteInClauses(words: AlignedWord[]): void {
  let from = 0
  words.forEach((word, index) => {
    if (!/[.?!…]["»”)]*$/u.test(word.text)) return
    vote(words.slice(from, index + 1))
    from = index + 1
  })
}

/** Moves at most {@link MAX_EDGE_WORDS} words at each edge of one clause to the speaker of its larger part. */
function vote(clause: AlignedWord[]): void {
  const runs = speakerRuns(clause)
  if (runs.length < 2 || runs.length > 3) return
  const longest = runs.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a))
  for (const run of runs) {
    if (run.speaker === longest.speaker || run.to - run.from > MAX_EDGE_WORDS) continue
    if (longest.to - longest.from <= run.to - run.from) continue
    for (let i = run.from; i < run.to; i++) clause[i]!.speaker = longest.speaker
  }
}

function foldIslands(words: AlignedWord[], turns: readonly SpeakerTurn[]): void {
  for (let runs = speakerRuns(words), i = 1; i + 1 < runs.length; i++) {
    const [before, run, after] = [runs[i - 1]!, runs[i]!, runs[i + 1]!]
    if (before.speaker === undefined || before.speaker !== after.speaker) continue
    if (!isIsland(words, run, turns)) continue
    for (let w = run.from; w < run.to; w++) words[w]!.speaker = before.speaker
    runs = speakerRuns(words)
    i = 0
  }
}

function isIsland(words: readonly AlignedWord[], run: SpeakerRun, turns: readonly SpeakerTurn[]): boolean {
  if (run.speaker === undefined) return true
  const startMs = words[run.from]!.startMs
  const endMs = wordSpan(words[run.to - 1]!).endMs
  if (run.to - run.from > ISLAND_WORDS && endMs - startMs >= ISLAND_MS) return false
  const own = turns.find((turn) => turn.speaker === run.speaker && turn.startMs < endMs && turn.endMs > startMs)
  return !(own && own.confidence >= BACKCHANNEL_CONFIDENCE && endMs - startMs >= BACKCHANNEL_MS)
}
