import type { SpeakerTurn } from '../diarizer.ts'

/** Votes of overlapping windows → turns on the timeline. Pure. */

/** One window's opinion: this speaker spoke here. */
export interface Vote {
  speaker: number
  startMs: number
  endMs: number
}

/** Resolution of the count, ms. */
const STEP_MS = 20
/** Shorter turns are noise of the windows' edges; shorter pauses are none, ms. */
const MIN_TURN_MS = 250
const MAX_PAUSE_MS = 300
/** Share of the windows over a moment that must hear a speaker. */
const MAJORITY = 0.5

/**
 * @param coverage - windows over the timeline, as spans
 * @param durationMs - of the recording
 */
export function mergeWindows(
  votes: readonly Vote[],
  coverage: readonly { startMs: number; endMs: number }[],
  durationMs: number,
): SpeakerTurn[] {
  const steps = Math.ceil(durationMs / STEP_MS)
  const covered = countSpans(coverage, steps)
  const speakers = [...new Set(votes.map(({ speaker }) => speaker))].sort((a, b) => a - b)
  const turns = speakers.flatMap((speaker) => {
    const heard = countSpans(
      votes.filter((vote) => vote.speaker === speaker),
      steps,
    )
    return runs(speaker, heard, covered, durationMs)
  })
  return named(turns.toSorted((a, b) => a.startMs - b.startMs || a.speaker - b.speaker))
}

/** How many spans lie over each step. */
function countSpans(spans: readonly { startMs: number; endMs: number }[], steps: number): Int32Array {
  const changes = new Int32Array(steps + 1)
  for (const { startMs, endMs } of spans) {
    const from = Math.min(steps, Math.max(0, Math.round(startMs / STEP_MS)))
    const to = Math.min(steps, Math.max(from, Math.round(endMs / STEP_MS)))
    changes[from]! += 1
    changes[to]! -= 1
  }
  let count = 0
  return changes.subarray(0, steps).map((change) => {
    count += change
    return count
  })
}

interface Run {
  speaker: number
  startMs: number
  endMs: number
  confidence: number
}

function runs(speaker: number, heard: Int32Array, covered: Int32Array, durationMs: number): Run[] {
  const found: (Run & { votes: number; windows: number })[] = []
  for (let step = 0; step < heard.length; step += 1) {
    if (heard[step] === 0 || heard[step]! < covered[step]! * MAJORITY) continue
    const startMs = step * STEP_MS
    const last = found.at(-1)
    const run =
      last && startMs - last.endMs <= MAX_PAUSE_MS
        ? last
        : { speaker, startMs, endMs: startMs, confidence: 0, votes: 0, windows: 0 }
    if (run !== last) found.push(run)
    run.endMs = Math.min(durationMs, startMs + STEP_MS)
    run.votes += heard[step]!
    run.windows += Math.max(1, covered[step]!)
  }
  return found
    .filter(({ startMs, endMs }) => endMs - startMs >= MIN_TURN_MS)
    .map(({ votes, windows, ...run }) => ({ ...run, confidence: Math.min(1, votes / windows) }))
}

/** `S1`, `S2` … in order of first appearance. */
function named(runs: readonly Run[]): SpeakerTurn[] {
  const names = new Map<number, string>()
  return runs.map(({ speaker, ...turn }) => {
    if (!names.has(speaker)) names.set(speaker, `S${names.size + 1}`)
    return { ...turn, speaker: names.get(speaker)! }
  })
}
