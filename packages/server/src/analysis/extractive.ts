import { setImmediate } from 'node:timers/promises'
import type { ActionItem, Finding, Observation, Participant, Segment } from '@vigia/protocol'
import { cuesFor } from './cue-sets.ts'
import { dateReference } from './dates.ts'
import { type FindingDraft, findDecisions, findQuestions, findRisks } from './findings.ts'
import { PhotoEvidence } from './photo-evidence.ts'
import { shownRisks } from './shown.ts'
import { type Summary, summarize } from './summary.ts'
import { Talk } from './talk.ts'
import { findTasks } from './tasks.ts'
import { splitClauses } from './text/clauses.ts'

/** The extractive analysis: everything that the report claims, found by rules and cited. Needs no model. Pure. */

export interface ExtractiveInput {
  segments: readonly Segment[]
  participants: readonly Participant[]
  frames: readonly Observation[]
  language: 'es' | 'en'
  /** ISO 8601. */
  startedAt: string
  /** IANA name. */
  timeZone: string
}

export interface ExtractiveResult extends Summary {
  action_items: ActionItem[]
  findings: Finding[]
}

/** The language whose rules fit a BCP 47 tag; `auto` and unknown ones are decided by the words. */
export function ruleLanguage(tag: string, segments: readonly Segment[]): 'es' | 'en' {
  if (/^es\b/iu.test(tag)) return 'es'
  if (/^en\b/iu.test(tag)) return 'en'
  const text = segments.map((segment) => segment.text.toLowerCase()).join(' ')
  const count = (words: RegExp) => text.match(words)?.length ?? 0
  return count(/\b(?:the|and|is|you|we|to)\b/gu) > count(/\b(?:el|la|de|que|y|en|los)\b/gu) ? 'en' : 'es'
}

/** Runs in steps, between which the event loop turns: a session of hours takes some tenths of a second. */
export async function extract(input: ExtractiveInput, signal?: AbortSignal): Promise<ExtractiveResult> {
  const turn = async () => {
    await setImmediate()
    signal?.throwIfAborted()
  }
  const cues = cuesFor(input.language)
  const talk = new Talk(splitClauses(input.segments, input.language), cues)
  await turn()
  const reference = dateReference(input.startedAt, input.timeZone, input.language)
  const nameOf = new Map(input.participants.flatMap(({ speaker, name }) => (name ? [[speaker, name] as const] : [])))
  const photos = new PhotoEvidence(input.frames, input.segments, input.language)
  const action_items = (await findTasks({ talk, reference, nameOf })).map((item, i) => ({
    ...photos.cited(item, item.title),
    id: `task-${i + 1}`,
  }))
  const context = { talk, reference }
  await turn()
  const shown = (drafts: readonly FindingDraft[]) => drafts.map((draft) => photos.cited(draft, draft.text))
  const decisions = withIds('decision', shown(findDecisions(context)))
  await turn()
  const risks = withIds('risk', [...shown(findRisks(context)), ...shownRisks(input.frames)])
  await turn()
  const findings = [...decisions, ...risks, ...withIds('question', shown(findQuestions(context)))]
  await turn()
  return {
    action_items,
    findings,
    ...summarize({ talk, reference, tasks: action_items, findings, photos, frames: input.frames }),
  }
}

function withIds(kind: Finding['kind'], drafts: readonly FindingDraft[]): Finding[] {
  return drafts.map(({ supersedes, ...draft }, i) => ({
    ...draft,
    id: `${kind}-${i + 1}`,
    ...(supersedes === undefined ? {} : { supersedes: `${kind}-${supersedes + 1}` }),
  }))
}
