import type { MachineFacts } from './machine.ts'
import { type Figure, meetsGoal, type RowResult } from './row.ts'

/** The bench's figures as one Markdown table. */

const HEAD = ['', 'Vigía', 'beside', 'ratio', 'of the rounds', 'better', 'goal']

export interface TableInput {
  size: string
  machine: MachineFacts
  rows: readonly RowResult[]
}

export function table({ size, machine, rows }: TableInput): string {
  const facts = `${machine.date}, ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.os}, Node ${machine.node}, size ${size}, load ${machine.loadBefore} before`
  const body = rows.flatMap((row) => [
    [`**${row.title}**`, '', '', '', '', '', ''],
    ...(row.skipped ? [[`not measured: ${row.skipped}`, '', '', '', '', '', '']] : row.figures.map(cells)),
  ])
  const all = [HEAD, HEAD.map(() => '---'), ...body]
  return [facts, '', ...all.map((line) => `| ${line.join(' | ')} |`)].join('\n')
}

function cells(figure: Figure): string[] {
  const { what, unit, ours, than, ratio, spread, better, note } = figure
  return [
    note ? `${what} (${note})` : what,
    `${figureText(ours)} ${unit}`,
    than ? `${figureText(than.value)} ${unit}, ${than.name}` : '',
    ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
    spread ? `${spread[0].toFixed(2)}–${spread[1].toFixed(2)}` : '',
    better,
    goalText(figure),
  ]
}

function goalText(figure: Figure): string {
  const { goal, unit } = figure
  if (!goal) return ''
  const suffix = goal.of === 'ratio' ? '×' : ` ${unit}`
  const bound = goal.min === undefined ? `≤ ${goal.max}${suffix}` : `≥ ${goal.min}${suffix}`
  const met = meetsGoal(figure)
  return met === null ? bound : `${bound}: ${met ? 'met' : '**not met**'}`
}

/** Three significant digits, no exponent. */
export function figureText(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}
