import type { Observation } from '@vigia/protocol'
import type { FindingDraft } from './findings.ts'
import { capitalize } from './text/fold.ts'

/** Risks that the camera saw. Pure. */

const CERTAINTY = { low: 0.3, medium: 0.5, high: 0.6 }

/** Dangers of severity medium or high, with the frame as evidence; the same danger in later frames adds evidence. */
export function shownRisks(frames: readonly Observation[]): FindingDraft[] {
  const found = new Map<string, FindingDraft>()
  for (const frame of frames) {
    if (frame.status !== 'done') continue
    for (const danger of frame.dangers) {
      if (danger.severity === 'low') continue
      const key = `${danger.what}\n${danger.why}`.toLowerCase()
      const known = found.get(key)
      if (known) {
        known.evidence = [...new Set([...known.evidence, frame.frame_id])]
        if (danger.severity === 'high') known.severity = 'high'
        continue
      }
      found.set(key, {
        kind: 'risk',
        text: [capitalize(danger.what), danger.where].filter(Boolean).join(', '),
        why: danger.why,
        severity: danger.severity,
        source: 'shown',
        evidence: [frame.frame_id],
        quote: '',
        confidence: CERTAINTY[danger.certainty],
        origin: 'cue',
        status: 'open',
      })
    }
  }
  return [...found.values()]
}
