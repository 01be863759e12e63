import type { ActionItem, Finding, Report } from '@vigia/protocol'
import { clock } from './lines.ts'
import { escapeMarkdown, renderMarkdown } from './text.ts'

/** A report as minutes in Markdown: every line with the times that prove it. */

const WORDS = {
  es: {
    untitled: 'Sesión', people: 'Participantes', summary: 'Resumen', decisions: 'Decisiones', tasks: 'Tareas', risks: 'Riesgos',
    questions: 'Preguntas abiertas', suggested: 'Posibles tareas (sin confirmar)', transcript: 'Transcripción', shown: 'visto en una foto', photo: 'foto', due: 'para', draft: 'Borrador automático sin modelo de lenguaje: frases de la sesión, elegidas por reglas.',
  },
  en: {
    untitled: 'Session', people: 'Participants', summary: 'Summary', decisions: 'Decisions', tasks: 'Tasks', risks: 'Risks',
    questions: 'Open questions', suggested: 'Suggested tasks (not confirmed)', transcript: 'Transcript', shown: 'seen in a photo', photo: 'photo', due: 'due', draft: 'Automatic draft without a language model: sentences of the session, chosen by rules.',
  },
} // biome-ignore format: a table

type Words = (typeof WORDS)['es']

export interface MinutesOptions {
  /** Adds the transcript at the end. */
  transcript?: boolean
}

/** Minutes in the language of the report (English where it is English, else Spanish). */
export function renderMinutes(report: Report, options: MinutesOptions = {}): string {
  const words = /^en\b/iu.test(report.language) ? WORDS.en : WORDS.es
  const of = (kind: Finding['kind']) =>
    report.findings.filter((finding) => finding.kind === kind && (finding.status ?? 'open') === 'open')
  const names = Object.fromEntries(report.participants.flatMap(({ speaker, name }) => (name ? [[speaker, name]] : [])))
  const findings = (kind: Finding['kind']) => of(kind).map((finding) => `- ${findingLine(finding, report, words)}`)
  const parts = [
    [`# ${escapeMarkdown(report.title ?? words.untitled)}`],
    report.analysis.method === 'extractive' ? [`_${words.draft}_`] : [],
    section(
      words.people,
      report.participants.map(({ speaker, name }) => `- ${escapeMarkdown(name ?? speaker)}`),
    ),
    section(words.summary, [escapeMarkdown(report.summary)]),
    section(words.decisions, findings('decision')),
    section(
      words.tasks,
      report.action_items.filter(({ status }) => status !== 'dismissed').map((item) => taskLine(item, report, words)),
    ),
    section(words.suggested, suggestedLines(report, words)),
    section(words.risks, findings('risk')),
    section(words.questions, findings('question')),
    options.transcript ? [`## ${words.transcript}`, renderMarkdown(report.transcript, { names }).trimEnd()] : [],
  ]
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n\n'))
    .join('\n\n')}\n`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')]
}

function taskLine(item: ActionItem, report: Report, words: Words): string {
  const owner = item.owner?.name ?? item.owner?.speaker
  const due = item.due ? ` (${words.due} ${escapeMarkdown(item.due.text)}${item.due.iso ? `: ${item.due.iso}` : ''})` : ''
  return `- [${item.status === 'done' ? 'x' : ' '}] ${owner ? `**${escapeMarkdown(owner)}**: ` : ''}${escapeMarkdown(item.title)}${due}${times(item.evidence, report, words)}`
}

/** Without a box: nobody has taken them on. */
function suggestedLines(report: Report, words: Words): string[] {
  const open = (report.suggested_actions ?? []).filter(({ status }) => status === 'open')
  return open.map((item) => taskLine(item, report, words).replace(/^- \[.\] /u, '- '))
}

function findingLine(finding: Finding, report: Report, words: Words): string {
  const why = finding.why ? ` (${escapeMarkdown(finding.why)})` : ''
  const shown = finding.source === 'shown' ? ` _${words.shown}_` : ''
  return `${escapeMarkdown(finding.text)}${why}${shown}${times(finding.evidence, report, words)}`
}

function times(evidence: readonly string[], report: Report, words: Words): string {
  const starts = evidence.flatMap((id) => {
    const said = report.transcript.find((segment) => segment.id === id)?.start
    if (said !== undefined) return [`\\[${clock(said)}\\]`]
    const seen = report.frames.find(({ frame_id }) => frame_id === id)?.at
    return typeof seen === 'number' ? [`\\[${words.photo} ${clock(seen)}\\]`] : []
  })
  return starts.length > 0 ? ` ${starts.join(' ')}` : ''
}
