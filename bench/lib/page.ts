import { readFile, writeFile } from 'node:fs/promises'
import { type TableInput, table } from './table.ts'

/** docs/performance.md: people write the text around the marks, the bench writes what lies between. */

const BEGIN = '<!-- bench: written by `npm run bench -- --page`; do not edit -->'
const END = '<!-- /bench -->'

export const performancePage = (input: TableInput): string => table(input)

/** Replaces the text between the marks of a file. */
export async function withTable(file: string, text: string): Promise<void> {
  await writeFile(file, replaceTable(await readFile(file, 'utf8'), text))
}

/** @throws Error when the marks are missing */
export function replaceTable(page: string, text: string): string {
  const from = page.indexOf(BEGIN)
  const to = page.indexOf(END)
  if (from < 0 || to < from) throw new Error(`expected the marks ${BEGIN} and ${END} in the page`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${text}\n\n${page.slice(to)}`
}
