import type { ExcludedReason, Segment } from '@vigia/protocol'

/** Marks that no recognizer can give follow their words when a new pass makes the text again. Pure. */

type Marked = Pick<Segment, 'start' | 'end' | 'excluded'>

/** Least share of the earlier text in the place of a new segment that must be marked; what people took off the record needs less. */
const LEAST_SHARE: ReadonlyMap<ExcludedReason, number> = new Map([
  ['off_record', 0.2],
  ['echo', 0.5],
  ['not_addressed', 0.5],
])

/** @returns the segments of `after`; those that say what was marked in `before` have its mark */
export function carryMarks<S extends Marked>(before: readonly Marked[], after: readonly S[]): S[] {
  return after.map((segment) => {
    const heard = before.map((one) => ({ excluded: one.excluded, s: overlap(one, segment) })).filter(({ s }) => s > 0)
    const total = heard.reduce((sum, { s }) => sum + s, 0)
    const marked = (reason: ExcludedReason): number =>
      heard.filter(({ excluded }) => excluded === reason).reduce((sum, { s }) => sum + s, 0)
    const reason = [...LEAST_SHARE].find(([one, share]) => total > 0 && marked(one) / total >= share)?.[0]
    // what the new pass itself does not trust keeps its own reason, unless a person said otherwise
    return reason && (segment.excluded === undefined || reason === 'off_record') ? { ...segment, excluded: reason } : segment
  })
}

const overlap = (a: Marked, b: Marked): number => Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start))
