import { text } from './texts.js'

/** An element with text and children; text is never read as markup. */
export function element(tag, { className, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  if (className) node.className = className
  node.append(...children.filter((child) => child !== null && child !== undefined))
  return node
}

/** `75.2` → `1:15` */
export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

/** The report as elements: each statement with its quote and time. */
export function renderReport(report) {
  const startOf = new Map(report.transcript.map((item) => [item.id, item.start]))
  const proof = ({ quote, evidence }) => {
    const start = startOf.get(evidence[0])
    return element('p', { className: 'quote' }, `«${quote}»${start === undefined ? '' : ` · ${clock(start)}`}`)
  }
  const names = new Map(report.participants.map((person) => [person.speaker, person.name ?? person.speaker]))
  const owner = (item) => item.owner?.name ?? names.get(item.owner?.speaker) ?? null
  const tasks = report.action_items.map((item) =>
    element(
      'li',
      {},
      element('strong', {}, item.title),
      owner(item) ? ` — ${owner(item)}` : null,
      item.due ? ` (${text('due')} ${item.due.iso ?? item.due.text})` : null,
      proof(item),
    ),
  )
  const findings = (kind) =>
    report.findings.filter((finding) => finding.kind === kind).map((finding) => element('li', {}, finding.text, proof(finding)))
  return [
    section('summary', [element('p', {}, report.summary || text('nothing'))]),
    list('tasks', tasks),
    list('decisions', findings('decision')),
    list('risks', findings('risk')),
    list('questions', findings('question')),
    ...report.analysis.warnings.map((warning) => element('p', { className: 'note' }, warning.message)),
  ]
}

const section = (title, children) => element('div', {}, element('h3', {}, text(title)), ...children)
const list = (title, items) =>
  section(title, [items.length > 0 ? element('ul', {}, ...items) : element('p', { className: 'note' }, text('nothing'))])
