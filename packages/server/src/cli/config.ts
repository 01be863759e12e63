import { configurationPage } from '../config/docs.ts'
import { listSettings, type PrintedSetting } from '../config/print.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia config`: every setting, its value, where it came from. */

const HELP = `vigia config [--json | --docs] [settings]

  --json  as JSON
  --docs  the page docs/configuration.md`

export async function config(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, { json: { type: 'boolean' }, docs: { type: 'boolean' } })
  if (own.help) console.log(HELP)
  else if (own.docs) process.stdout.write(configurationPage())
  else {
    const printed = listSettings(configOf(settings))
    console.log(own.json ? JSON.stringify(printed, null, 2) : table(printed))
  }
  return 0
}

function table(settings: PrintedSetting[]): string {
  const rows = settings.map(({ path, value, source }) => [path, String(value), source] as const)
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length))
  return rows.map(([path, value, source]) => `${path.padEnd(width(0))}  ${value.padEnd(width(1))}  ${source}`).join('\n')
}
