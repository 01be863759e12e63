import { styleText } from 'node:util'
import type { ActionItem, Finding, Report } from '@vigia/protocol'
import { clock } from '../analysis/render/lines.ts'

/** A report for reading in a terminal: each statement with its quote and time. Pure. */

type Style = Parameters<typeof styleText>[0]

export interface PrintOptions {
  /** Colours and bold; off where the output is not a terminal. */
  styled?: boolean
}

export function printReport(report: Report, { styled = false }: PrintOptions = {}): string {
  const paint = (style: Style, text: string): string => (styled ? styleText(style, text, { validateStream: false }) : text)
  const printer = new ReportPrinter(report, paint)
  return printer.lines().join('\n')
}

class ReportPrinter {
  readonly #report: Report
  readonly #paint: (style: Style, text: string) => string
  readonly #starts: Map<string, number>
  readonly #names: Map<string, string>

  constructor(report: Report, paint: (style: Style, text: string) => string) {
    this.#report = report
    this.#paint = paint
    this.#starts = new Map(report.transcript.map(({ id, start }) => [id, start]))
    for (const { frame_id, at } of report.frames) this.#starts.set(frame_id, at ?? 0)
    this.#names = new Map(report.participants.map(({ speaker, name }) => [speaker, name ?? speaker]))
  }

  lines(): string[] {
    const { summary, action_items, suggested_actions = [], findings, analysis } = this.#report
    const of = (kind: Finding['kind']): string[] =>
      findings.filter((finding) => finding.kind === kind).flatMap((finding) => this.#finding(finding))
    return [
      ...this.#head(),
      ...this.#section('Resumen', summary ? [summary] : []),
      ...this.#section(
        'Tareas',
        action_items.flatMap((item) => this.#task(item)),
      ),
      ...this.#section(
        'Posibles tareas (sin confirmar)',
        suggested_actions.flatMap((item) => (item.status === 'open' ? this.#task(item) : [])),
      ),
      ...this.#section('Decisiones', of('decision')),
      ...this.#section('Riesgos', of('risk')),
      ...this.#section('Preguntas abiertas', of('question')),
      ...this.#section('Fotos', this.#frames()),
      ...this.#section(
        'Avisos',
        analysis.warnings.map(({ message, count }) => `- ${message}${count ? ` (${count})` : ''}`),
      ),
    ]
  }

  #head(): string[] {
    const { title, session_id, duration, participants, analysis } = this.#report
    const people = participants.map(
      ({ speaker, name, talk_time }) => `${name ? `${name} (${speaker})` : speaker} ${clock(talk_time)}`,
    )
    return [
      this.#paint('bold', title ?? session_id),
      this.#paint('dim', `${clock(duration)} · ${people.join(', ')} · ${analysis.method}, ${analysis.engine}`),
      '',
    ]
  }

  #section(title: string, lines: string[]): string[] {
    return lines.length === 0 ? [] : [this.#paint('bold', title), ...lines, '']
  }

  #task(item: ActionItem): string[] {
    const owner = item.owner?.name ?? this.#names.get(item.owner?.speaker ?? '') ?? 'sin responsable'
    const due = item.due ? `, para ${item.due.iso ?? item.due.text}` : ''
    return [`- ${item.title} [${owner}${due}]`, this.#proof(item)]
  }

  #finding(finding: Finding): string[] {
    return [`- ${finding.text}`, this.#proof(finding)]
  }

  #proof({ quote, evidence }: { quote: string; evidence: string[] }): string {
    const start = this.#starts.get(evidence[0]!)
    return this.#paint('dim', `    «${quote}»${start === undefined ? '' : ` ${clock(start)}`}`)
  }

  #frames(): string[] {
    return this.#report.frames.map(
      ({ at, description }) => `- ${at === null || at === undefined ? '' : `${clock(at)} `}${description}`,
    )
  }
}
