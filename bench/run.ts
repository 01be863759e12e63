import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { calibrate } from './lib/calibrate.ts'
import { machineFacts } from './lib/machine.ts'
import { performancePage, withTable } from './lib/page.ts'
import type { Row, RowContext, RowResult, Size } from './lib/row.ts'
import { SIZES } from './lib/row.ts'
import { table } from './lib/table.ts'
import { ROWS } from './rows/index.ts'

/** `npm run bench`: runs the rows one after the other, prints one table, writes JSON beside it. */

const HELP = `npm run bench -- [options]

  --size SIZE   smoke, short or full [short]
  --only NAMES  rows, separated by commas: ${ROWS.map(({ name }) => name).join(', ')}
  --json FILE   where the figures go [bench-SIZE.json in .vigia/]
  --calibrate FILE  measure what "vigia plan" starts from, and nothing else
  --page        also write docs/performance.md from the figures`

export interface BenchResult {
  size: Size
  machine: ReturnType<typeof machineFacts>
  rows: RowResult[]
}

/** Runs rows one after the other; a row that fails is reported and does not stop the others. */
export async function runRows(rows: readonly Row[], size: Size, say: (text: string) => void): Promise<RowResult[]> {
  const results: RowResult[] = []
  for (const row of rows) {
    say(`${row.name}: ${row.title}`)
    results.push(await runRow(row, size, say))
  }
  return results
}

async function runRow({ name, title, run }: Row, size: Size, say: (text: string) => void): Promise<RowResult> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-bench-'))
  const begin = performance.now()
  const context: RowContext = { size, dir, by: (values) => values[size], say }
  const seconds = (): number => Math.round((performance.now() - begin) / 100) / 10
  try {
    const outcome = await run(context)
    return Array.isArray(outcome)
      ? { name, title, figures: outcome, seconds: seconds() }
      : { name, title, figures: [], skipped: outcome.skipped, seconds: seconds() }
  } catch (error) {
    console.error(error)
    return { name, title, figures: [], skipped: `it failed: ${(error as Error).message}`, seconds: seconds() }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'short' },
      only: { type: 'string' },
      json: { type: 'string' },
      page: { type: 'boolean' },
      calibrate: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const size = SIZES.find((one) => one === values.size)
  const names = values.only?.split(',')
  const unknown = names?.find((name) => !ROWS.some((row) => row.name === name))
  if (values.help || !size || unknown) {
    console.log(unknown ? `There is no row "${unknown}".\n\n${HELP}` : HELP)
    process.exitCode = values.help ? 0 : 2
    return
  }
  if (values.calibrate) return await writeFigures(values.calibrate, size)
  const machine = machineFacts()
  const rows = await runRows(
    ROWS.filter(({ name }) => !names || names.includes(name)),
    size,
    (text) => console.error(text),
  )
  const result: BenchResult = { size, machine, rows }
  console.log(table(result))
  const file = values.json ?? path.join(await scratch(), `bench-${size}.json`)
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`)
  console.error(`figures: ${file}`)
  if (values.page) await withTable(path.join(import.meta.dirname, '../docs/performance.md'), performancePage(result))
  if (rows.some(({ skipped }) => skipped?.startsWith('it failed'))) process.exitCode = 1
}

async function writeFigures(file: string, size: Size): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-bench-'))
  try {
    const figures = await calibrate(size, dir, (text) => console.error(text))
    await writeFile(file, `${JSON.stringify(figures, null, 2)}\n`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function scratch(): Promise<string> {
  const { mkdir } = await import('node:fs/promises')
  const folder = path.join(import.meta.dirname, '../.vigia')
  await mkdir(folder, { recursive: true })
  return folder
}

if (import.meta.main) await main()
