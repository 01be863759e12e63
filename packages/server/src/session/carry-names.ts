import type { Segment } from '@vigia/protocol'
import { matchLabels } from '../engines/speakers/match-labels.ts'

/** Names that people gave to speakers follow the voices when a new pass numbers them anew. Pure. */

type Spoken = Pick<Segment, 'speaker' | 'start' | 'end'>

/** @returns the names by the labels of `after`; a name whose voice is not found keeps its label unless another has it now */
export function carryNames(
  names: Readonly<Record<string, string>>,
  before: readonly Spoken[],
  after: readonly Spoken[],
): Record<string, string> {
  const matched = matchLabels(turnsOf(before), turnsOf(after))
  const carried: Record<string, string> = {}
  for (const [label, name] of Object.entries(names)) {
    const now = matched.get(label)
    if (now !== undefined) carried[now] = name
  }
  for (const [label, name] of Object.entries(names)) if (!matched.has(label)) carried[label] ??= name
  return carried
}

const turnsOf = (segments: readonly Spoken[]) =>
  segments.flatMap(({ speaker, start, end }) =>
    speaker === undefined ? [] : [{ speaker, startMs: start * 1000, endMs: end * 1000 }],
  )
