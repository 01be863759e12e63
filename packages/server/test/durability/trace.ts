import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/** What a program did to files, from a system-call trace, in the order in which calls came back. */

export type FileEvent =
  | { op: 'write'; path: string; position: number; bytes: Buffer }
  | { op: 'truncate'; path: string; length: number }
  | { op: 'create'; path: string }
  | { op: 'mkdir'; path: string }
  | { op: 'remove'; path: string }
  | { op: 'rename'; from: string; to: string }
  | { op: 'sync'; path: string }
  | { op: 'say'; line: string }

const CALLS =
  'openat,pwrite64,pwritev,write,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat'

/** Runs a program under strace; null where there is none or it may not trace. */
export async function traceProgram(args: string[], out: string): Promise<boolean> {
  const strace = ['-f', '-y', '-xx', '-s', '200000', '-e', `trace=${CALLS}`, '-o', out, process.execPath, ...args]
  const child = spawn('strace', strace, { stdio: ['ignore', 'ignore', 'ignore'] })
  const [code] = (await Promise.race([once(child, 'exit'), once(child, 'error').then(() => [-1])])) as [number]
  return code === 0
}

/**
 * Runs a program whose nth call of a kind fails as if the disk had; null where there is no strace or it may not trace.
 *
 * @param fault - as strace takes it, for instance `fdatasync:error=EIO:when=3`
 * @returns lines that it printed
 */
export async function runWithFault(args: string[], fault: string): Promise<string[] | null> {
  const strace = [
    '-f',
    '-qq',
    '-e',
    `trace=${fault.split(':')[0]}`,
    '-e',
    `inject=${fault}`,
    '-o',
    '/dev/null',
    process.execPath,
    ...args,
  ]
  const child = spawn('strace', strace, { stdio: ['ignore', 'pipe', 'ignore'] })
  let out = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  const [code] = (await Promise.race([once(child, 'close'), once(child, 'error').then(() => [-1])])) as [number]
  return code === -1 || (out === '' && !(await mayTrace())) ? null : out.split('\n').slice(0, -1)
}

async function mayTrace(): Promise<boolean> {
  const child = spawn('strace', ['-o', '/dev/null', process.execPath, '--version'], { stdio: 'ignore' })
  const [code] = (await Promise.race([once(child, 'exit'), once(child, 'error').then(() => [-1])])) as [number]
  return code === 0
}

/** Calls that touch `root`, and lines printed to standard output. */
export async function readTrace(file: string, root: string): Promise<FileEvent[]> {
  const events: FileEvent[] = []
  const unfinished = new Map<string, string>()
  for (const line of (await readFile(file, 'latin1')).split('\n')) {
    const match = /^(\d+)\s+(.*)$/.exec(line)
    if (!match) continue
    const [, pid = '', rest = ''] = match
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(pid, rest.slice(0, -'<unfinished ...>'.length))
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const call = resumed ? (unfinished.get(pid) ?? '') + resumed[1] : rest
    const event = parseCall(call)
    if (event && (event.op === 'say' || pathsOf(event).every((path) => path.startsWith(root)))) events.push(event)
  }
  return events
}

const pathsOf = (event: FileEvent): string[] =>
  event.op === 'rename' ? [event.from, event.to] : 'path' in event ? [event.path] : []

/** One finished call; null for those that failed or do not matter. */
function parseCall(call: string): FileEvent | null {
  const parsed = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(call)
  if (!parsed || Number(parsed[3]) < 0) return null
  const [, name = '', args = '', result = ''] = parsed
  const path = unhex(/^\d+<([^>]*)>/.exec(args)?.[1] ?? '')
  const names = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((one) => unhex(one[1]!))
  switch (name) {
    case 'openat':
      return /O_CREAT/.test(args) ? { op: 'create', path: names[0]! } : null
    case 'pwrite64':
    case 'pwritev': {
      const position = Number(/, (\d+)\s*$/.exec(args)?.[1])
      return { op: 'write', path, position, bytes: bytesOf(args).subarray(0, Number(result)) }
    }
    case 'write':
      return args.startsWith('1<') ? { op: 'say', line: bytesOf(args).toString().trim() } : null
    case 'fsync':
    case 'fdatasync':
      return { op: 'sync', path }
    case 'ftruncate':
      return { op: 'truncate', path, length: Number(/, (\d+)\s*$/.exec(args)?.[1]) }
    case 'rename':
    case 'renameat':
    case 'renameat2':
      return { op: 'rename', from: names[0]!, to: names[1]! }
    case 'unlink':
    case 'unlinkat':
    case 'rmdir':
      return { op: 'remove', path: names[0]! }
    case 'mkdir':
    case 'mkdirat':
      return { op: 'mkdir', path: names[0]! }
    default:
      return null
  }
}

const unhex = (text: string): string =>
  text.replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
const bytesOf = (args: string): Buffer =>
  Buffer.concat([...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((one) => Buffer.from(one[1]!.replaceAll('\\x', ''), 'hex')))
