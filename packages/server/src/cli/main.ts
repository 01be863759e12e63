import { VigiaError } from '@vigia/protocol'
import { VERSION } from '../version.ts'

/** The command line: finds the command, runs it, turns errors into messages and exit codes. */

/** One command. Its code is loaded when it is called. */
interface Command {
  summary: string
  /** Resolves with the exit code. */
  run: (argv: string[]) => Promise<number>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { summary: 'start the server', run: async (argv) => (await import('./serve.ts')).serve(argv) },
  demo: {
    summary: 'stream a recorded conversation and photos into a server',
    run: async (argv) => (await import('./demo.ts')).demo(argv),
  },
  analyze: {
    summary: 'recordings to reports, without a server',
    run: async (argv) => (await import('./analyze.ts')).analyzeFiles(argv),
  },
  eval: {
    summary: 'measure engines on data of your own',
    run: async (argv) => (await import('./eval.ts')).evaluate(argv),
  },
  models: {
    summary: 'list, fetch, export, import, verify and remove models',
    run: async (argv) => (await import('./models.ts')).models(argv),
  },
  doctor: {
    summary: 'what this machine can run, what is missing and how to bring it',
    run: async (argv) => (await import('./doctor.ts')).doctor(argv),
  },
  backup: {
    summary: 'copy all data to a new folder, while a server may be running',
    run: async (argv) => (await import('./backup.ts')).backup(argv),
  },
  restore: {
    summary: 'verify a backup and put it into a new data directory',
    run: async (argv) => (await import('./backup.ts')).restore(argv),
  },
  encryption: {
    summary: 'make a key, encrypt or decrypt a data directory',
    run: async (argv) => (await import('./encryption.ts')).encryption(argv),
  },
  plan: {
    summary: 'what a number of sessions needs: cores, graphics cards, disk, cost',
    run: async (argv) => (await import('./plan.ts')).plan(argv),
  },
  keys: {
    summary: 'create, list and revoke API keys',
    run: async (argv) => (await import('./keys.ts')).keys(argv),
  },
  status: {
    summary: 'how the server that runs here is',
    run: async (argv) => (await import('./status.ts')).status(argv),
  },
  mcp: {
    summary: 'serve the sessions of a running server to an MCP client',
    run: async (argv) => (await import('./mcp.ts')).mcp(argv),
  },
  engines: {
    summary: 'builds of the language model engine for graphics cards',
    run: async (argv) => (await import('./engines.ts')).engines(argv),
  },
  config: {
    summary: 'print every setting and where its value came from',
    run: async (argv) => (await import('./config.ts')).config(argv),
  },
}

const HELP = `vigia ${VERSION}: hears, sees and reports, on your own machine

  vigia COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

  vigia COMMAND --help   options of a command
  vigia --version

Settings are flags (--port 9000), VIGIA_ variables (VIGIA_PORT=9000) or a file (vigia.yaml); see docs/configuration.md.`

/** Runs one command and sets the exit code of the process. */
export async function main(argv: string[]): Promise<void> {
  process.exitCode = await run(argv)
}

/** @returns the exit code: 0 done, 1 failed, 2 used wrongly */
export async function run([name = '--help', ...rest]: string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') return say(HELP)
  if (name === '--version' || name === '-v') return say(VERSION)
  const command = COMMANDS[name]
  if (!command) {
    console.error(`vigia: there is no command "${name}".\n\n${HELP}`)
    return 2
  }
  try {
    return await command.run(rest)
  } catch (error) {
    return explain(error)
  }
}

function say(text: string): number {
  console.log(text)
  return 0
}

/** Mistakes of the caller in words; what we did not expect with its stack. */
export function explain(error: unknown): number {
  if (VigiaError.is(error)) {
    console.error(`vigia: ${error.message}${error.hint ? `\n${error.hint}` : ''}`)
    return error.code === 'config_invalid' ? 2 : 1
  }
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code?.startsWith('ERR_PARSE_ARGS')) {
    console.error(`vigia: ${(error as Error).message}`)
    return 2
  }
  if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOENT') {
    console.error(
      `vigia: ${(error as Error).message}${code === 'EADDRINUSE' ? '\nAnother program listens there; choose another with --port.' : ''}`,
    )
    return 1
  }
  console.error(error)
  return 1
}
