/**
 * Diarization error rate as NIST defines it (RT-09): missed speech, false alarm and confusion over the speech of the
 * reference, with the best one-to-one mapping of speakers and a collar around the edges of the reference.
 */

export interface LabelledSpan {
  startMs: number
  endMs: number
  speaker: string
}

export interface DiarizationErrors {
  missedMs: number
  falseAlarmMs: number
  confusionMs: number
  /** Speech of the reference that is scored, overlapped speech counted per speaker. */
  totalMs: number
}

export interface DerOptions {
  /** Not scored before and after each edge of the reference. */
  collarMs?: number
}

export function diarizationErrors(
  reference: readonly LabelledSpan[],
  hypothesis: readonly LabelledSpan[],
  { collarMs = 250 }: DerOptions = {},
): DiarizationErrors {
  const regions = scoredRegions(reference, hypothesis, collarMs)
  const mapping = bestMapping(regions)
  const errors = { missedMs: 0, falseAlarmMs: 0, confusionMs: 0, totalMs: 0 }
  for (const { ms, ref, hyp } of regions) {
    const right = [...hyp].filter((speaker) => ref.has(mapping.get(speaker) ?? '')).length
    errors.totalMs += ms * ref.size
    errors.missedMs += ms * Math.max(0, ref.size - hyp.size)
    errors.falseAlarmMs += ms * Math.max(0, hyp.size - ref.size)
    errors.confusionMs += ms * (Math.min(ref.size, hyp.size) - right)
  }
  return errors
}

/** 0 is perfect; may exceed 1. Without speech in the reference 0 or 1. */
export function diarizationErrorRate(
  reference: readonly LabelledSpan[],
  hypothesis: readonly LabelledSpan[],
  options?: DerOptions,
): number {
  const { missedMs, falseAlarmMs, confusionMs, totalMs } = diarizationErrors(reference, hypothesis, options)
  if (totalMs === 0) return falseAlarmMs > 0 ? 1 : 0
  return (missedMs + falseAlarmMs + confusionMs) / totalMs
}

/** Spans of an RTTM file. */
export function parseRttm(text: string): LabelledSpan[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/u)
    if (fields[0] !== 'SPEAKER') return []
    const startMs = Math.round(Number(fields[3]) * 1000)
    return [{ startMs, endMs: startMs + Math.round(Number(fields[4]) * 1000), speaker: fields[7]! }]
  })
}

interface Region {
  ms: number
  ref: Set<string>
  hyp: Set<string>
}

/** Stretches in which nobody starts or stops, without the collars. */
function scoredRegions(reference: readonly LabelledSpan[], hypothesis: readonly LabelledSpan[], collarMs: number): Region[] {
  const edges = reference.flatMap(({ startMs, endMs }) => [startMs, endMs])
  const points = [
    ...edges.flatMap((edge) => [edge - collarMs, edge, edge + collarMs]),
    ...hypothesis.flatMap(({ startMs, endMs }) => [startMs, endMs]),
  ]
  const times = [...new Set(points)].sort((a, b) => a - b)
  return times.slice(1).flatMap((to, i) => {
    const from = times[i]!
    const middle = (from + to) / 2
    if (edges.some((edge) => Math.abs(middle - edge) < collarMs)) return []
    return [{ ms: to - from, ref: speakersAt(reference, middle), hyp: speakersAt(hypothesis, middle) }]
  })
}

function speakersAt(spans: readonly LabelledSpan[], ms: number): Set<string> {
  return new Set(spans.filter(({ startMs, endMs }) => startMs <= ms && ms < endMs).map(({ speaker }) => speaker))
}

/** Hypothesis speaker → reference speaker, for the most common time in all. Tries every mapping: few speakers only. */
function bestMapping(regions: readonly Region[]): Map<string, string> {
  const common = new Map<string, Map<string, number>>()
  const refs = new Set<string>()
  for (const { ms, ref, hyp } of regions) {
    for (const h of hyp) {
      const row = common.get(h) ?? new Map<string, number>()
      common.set(h, row)
      for (const r of ref) {
        row.set(r, (row.get(r) ?? 0) + ms)
        refs.add(r)
      }
    }
  }
  return assign([...common.keys()], refs, common).mapping
}

function assign(
  hyps: readonly string[],
  free: ReadonlySet<string>,
  common: ReadonlyMap<string, ReadonlyMap<string, number>>,
): { ms: number; mapping: Map<string, string> } {
  const [hyp, ...rest] = hyps
  if (hyp === undefined) return { ms: 0, mapping: new Map() }
  let best = assign(rest, free, common)
  for (const [ref, ms] of common.get(hyp)!) {
    if (!free.has(ref)) continue
    const other = assign(rest, free.difference(new Set([ref])), common)
    if (other.ms + ms > best.ms) best = { ms: other.ms + ms, mapping: other.mapping.set(hyp, ref) }
  }
  return best
}
