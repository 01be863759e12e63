import type { Report } from '@vigia/protocol'

/** What people change in a report. Pure: each returns a new report. */

/** Names of speakers, wherever a label stands with a name beside it. */
export function withSpeakerNames(report: Report, names: Readonly<Record<string, string>>): Report {
  return {
    ...report,
    participants: report.participants.map(({ name: _, ...rest }) =>
      names[rest.speaker] ? { ...rest, name: names[rest.speaker] } : rest,
    ),
    action_items: report.action_items.map((item) => {
      const name = item.owner?.speaker ? names[item.owner.speaker] : undefined
      return name ? { ...item, owner: { ...item.owner, name } } : item
    }),
  }
}

/** A corrected segment; what cites it is marked stale. */
export function withCorrectedText(report: Report, segmentId: string, text: string): Report {
  const cites = ({ evidence }: { evidence: string[] }) => evidence.includes(segmentId)
  return {
    ...report,
    transcript: report.transcript.map((item) => {
      if (item.id !== segmentId) return item
      const { words: _, ...rest } = item
      return { ...rest, text, edited: true }
    }),
    action_items: report.action_items.map((item) => (cites(item) ? { ...item, stale: true } : item)),
    findings: report.findings.map((finding) => (cites(finding) ? { ...finding, stale: true } : finding)),
  }
}

/** A task ticked, reopened or dismissed; null when the report has no such task. */
export function withTaskStatus(report: Report, taskId: string, status: Report['action_items'][number]['status']): Report | null {
  if (!report.action_items.some((item) => item.id === taskId)) return null
  return { ...report, action_items: report.action_items.map((item) => (item.id === taskId ? { ...item, status } : item)) }
}
