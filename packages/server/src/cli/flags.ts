import { type ParseArgsConfig, parseArgs } from 'node:util'
import { LEAVES, OPEN_PARTS } from '../config/leaves.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'

/** Flags of a command: its own, and every setting of the configuration. */

type Options = NonNullable<ParseArgsConfig['options']>
type Values = Record<string, string | boolean | undefined>

export interface ParsedFlags {
  /** The command's own flags. */
  own: Values
  /** Flags that are settings, and `config`. */
  settings: Values
  positionals: string[]
}

/** A setting flag's name without dashes: `endpointing.min-silence-ms`. */
const nameOf = (flag: string): string => flag.slice(2)

function settingOptions(argv: readonly string[]): Options {
  const options: Options = { config: { type: 'string' } }
  for (const { flag, type } of LEAVES) options[nameOf(flag)] = { type: type === 'boolean' ? 'boolean' : 'string' }
  for (const argument of argv) {
    const name = /^--([\w.-]+)/.exec(argument)?.[1]
    if (name && OPEN_PARTS.some(({ path }) => name.startsWith(`${path}.`))) options[name] = { type: 'string' }
  }
  return options
}

/**
 * @param own - the command's own flags
 * @throws TypeError of `util.parseArgs` naming an unknown flag or a missing value
 */
export function parseFlags(argv: string[], own: Options = {}): ParsedFlags {
  const options = { ...settingOptions(argv), ...own, help: { type: 'boolean', short: 'h' } } satisfies Options
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true, allowNegative: true, strict: true })
  const entries = Object.entries(values as Values)
  const isOwn = (name: string): boolean => name in own || name === 'help'
  return {
    own: Object.fromEntries(entries.filter(([name]) => isOwn(name))),
    settings: Object.fromEntries(entries.filter(([name]) => !isOwn(name))),
    positionals,
  }
}

/** The configuration of a command line. @throws VigiaError `config_invalid` */
export const configOf = (settings: Values): LoadedConfig => loadConfig({ flags: settings, env: process.env })

/** Help of the settings, one line each. */
export function settingsHelp(): string {
  const width = Math.max(...LEAVES.map(({ flag }) => flag.length))
  return LEAVES.map(({ flag, description, fallback }) => `  ${flag.padEnd(width)}  ${description} [${String(fallback)}]`).join(
    '\n',
  )
}
