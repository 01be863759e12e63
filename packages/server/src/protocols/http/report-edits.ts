import type { FindingPatchBody, Report, Segment, TaskPatchBody } from '@vigia/protocol'
import { countsAsSaid } from '@vigia/protocol'
import { withStanding, withSuggested } from '../../analysis/corrections.ts'
import { type Claim, withoutDismissed, withRestored } from '../../analysis/dismissal.ts'

/** What people change in a report. Pure: each returns a new report. */

/** Names of speakers, wherever a label stands with a name beside it. */
export function withSpeakerNames(report: Report, names: Readonly<Record<string, string>>): Report {
  const participants = report.participants.map(({ name: _, ...rest }) =>
    names[rest.speaker] ? { ...rest, name: names[rest.speaker] } : rest,
  )
  return withTasks({ ...report, participants }, (item) => {
    const name = item.owner?.speaker ? names[item.owner.speaker] : undefined
    return name ? { ...item, owner: { ...item.owner, name } } : item
  })
}

/** Each task changed, suggested ones too. */
function withTasks(report: Report, change: (task: Task) => Task): Report {
  const { action_items, suggested_actions = [] } = report
  return withSuggested(report, { action_items: action_items.map(change), suggested_actions: suggested_actions.map(change) })
}

/** A corrected segment; what cites it is marked stale. */
export function withCorrectedText(report: Report, segmentId: string, text: string): Report {
  const marked = <C extends { evidence: string[] }>(claim: C): C =>
    claim.evidence.includes(segmentId) ? { ...claim, stale: true } : claim
  const corrected: Report = {
    ...report,
    transcript: report.transcript.map((item) => {
      if (item.id !== segmentId) return item
      const { words: _, ...rest } = item
      return { ...rest, text, edited: true }
    }),
    findings: report.findings.map(marked),
  }
  return withTasks(corrected, marked)
}

/** A segment whose correction was taken back; what cites only lines that stand as they were is no longer stale. */
export function withOriginalText(report: Report, { id, text, words }: Pick<Segment, 'id' | 'text' | 'words'>): Report {
  const transcript = report.transcript.map((item) => {
    if (item.id !== id) return item
    const { edited: _, ...rest } = item
    return { ...rest, text, ...(words ? { words } : {}) }
  })
  const corrected = new Set(transcript.flatMap((item) => (item.edited ? [item.id] : [])))
  const fresh = <C extends { evidence: string[]; stale?: boolean | undefined }>(claim: C): C => {
    if (!claim.stale || !claim.evidence.includes(id) || claim.evidence.some((one) => corrected.has(one))) return claim
    const { stale: _, ...rest } = claim
    return rest as C
  }
  return withTasks({ ...report, transcript, findings: report.findings.map(fresh) }, fresh)
}

/** A segment given to another speaker; how long each one spoke is counted again. */
export function withSegmentSpeaker(report: Report, segmentId: string, speaker: string): Report {
  const transcript = report.transcript.map((item) => (item.id === segmentId ? { ...item, speaker } : item))
  const talkTimes = new Map<string, number>()
  for (const { speaker: who, start, end, excluded } of transcript) {
    if (countsAsSaid({ excluded })) talkTimes.set(who, (talkTimes.get(who) ?? 0) + (end - start))
  }
  const known = new Map(report.participants.map((one) => [one.speaker, one]))
  const participants = [...talkTimes].map(([who, seconds]) => ({
    ...known.get(who),
    speaker: who,
    talk_time: Math.round(seconds * 1000) / 1000,
  }))
  return { ...report, transcript, participants: participants.sort((a, b) => a.speaker.localeCompare(b.speaker)) }
}

type Task = Report['action_items'][number]

/**
 * A task ticked, reopened, dismissed or changed; null when the report has no such task. A suggestion that is taken on,
 * ticked or reworded is a task from then on.
 */
export function withTaskChanges(report: Report, taskId: string, patch: TaskPatchBody): Report | null {
  const { action_items, suggested_actions = [] } = report
  const wasSuggested = suggested_actions.some(({ id }) => id === taskId)
  const task = (wasSuggested ? suggested_actions : action_items).find(({ id }) => id === taskId)
  if (!task) return null
  const isSuggested = patch.suggested ?? (wasSuggested && !isTakenOn(patch))
  const names = new Map(report.participants.map(({ speaker, name }) => [speaker, name]))
  const changed: Task = {
    ...task,
    ...(patch.status === undefined ? {} : { status: patch.status }),
    ...(patch.title === undefined ? {} : { title: patch.title, origin: 'user' as const }),
    ...(patch.owner === undefined ? {} : { owner: ownerOf(patch.owner, names), origin: 'user' as const }),
    ...(patch.due === undefined ? {} : { due: dueOf(patch.due), origin: 'user' as const }),
    ...(patch.reason === undefined ? {} : { dismissed_because: patch.reason }),
    ...(isSuggested === wasSuggested ? {} : { origin: 'user' as const }),
  }
  const put = (list: readonly Task[], isHere: boolean, isNext: boolean): Task[] => {
    if (isHere) return list.flatMap((item) => (item !== task ? [item] : isNext ? [changed] : []))
    return isNext ? [...list, changed] : [...list]
  }
  const lists = {
    action_items: put(action_items, !wasSuggested, !isSuggested),
    suggested_actions: put(suggested_actions, wasSuggested, isSuggested),
  }
  return toldAnew(withSuggested(report, lists), task, changed)
}

/** More than dismissing, or taking that back. */
const isTakenOn = ({ status, title, owner, due }: TaskPatchBody): boolean =>
  status === 'done' || title !== undefined || owner !== undefined || due !== undefined

type Finding = Report['findings'][number]

/** A finding dismissed, taken back or reworded; null when the report has no such finding. */
export function withFindingChanges(report: Report, findingId: string, patch: FindingPatchBody): Report | null {
  const finding = report.findings.find(({ id }) => id === findingId)
  if (!finding) return null
  const changed: Finding = {
    ...finding,
    ...(patch.status === undefined ? {} : { status: patch.status }),
    ...(patch.text === undefined ? {} : { text: patch.text, origin: 'user' as const }),
    ...(patch.reason === undefined ? {} : { dismissed_because: patch.reason }),
  }
  const findings = report.findings.map((item) => (item === finding ? changed : item))
  return toldAnew(withStanding({ ...report, findings }), finding, changed)
}

/** The summary after a claim was changed: it follows what is dismissed and what is taken back. */
function toldAnew(report: Report, before: Claim, after: Claim): Report {
  if (after.status === 'dismissed') return withoutDismissed(report)
  return before.status === 'dismissed' ? withRestored(report, after) : report
}

function ownerOf(owner: string | null, names: ReadonlyMap<string, string | undefined>): Task['owner'] {
  if (owner === null || owner.trim() === '') return null
  if (!names.has(owner)) return { name: owner }
  const name = names.get(owner)
  return { speaker: owner, ...(name ? { name } : {}) }
}

function dueOf(due: string | null): Task['due'] {
  if (due === null || due.trim() === '') return null
  const isDate = /^\d{4}-\d{2}-\d{2}/.test(due)
  return { text: due, ...(isDate ? { iso: due } : {}), certainty: 'firm' }
}
