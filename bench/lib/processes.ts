import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The servers that are measured, each a process of its own that is killed at the end. */

const ROOT = path.join(import.meta.dirname, '../..')
const START_MS = 30_000

export interface MeasuredServer extends AsyncDisposable {
  url: string
  pid: number
  /** From spawn to the first answer of its health route. */
  startMs: number
}

interface Command {
  command: string
  args: string[]
  env?: Record<string, string>
  port: number
  /** Route that answers 200 when it serves. */
  health: string
}

/** Vigía as it is shipped: the command line, no log lines. */
export async function startVigia(
  dataDir: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<MeasuredServer> {
  const port = await freePort()
  const cli = path.join(ROOT, 'packages/server/src/cli/vigia.cjs')
  const fixed = ['--port', String(port), '--data-dir', dataDir, '--log.level', 'silent', '--limits.max-sessions', '100000']
  const profile = flags.includes('--profile') ? [] : ['--profile', 'embedded']
  return await start({
    command: process.execPath,
    args: [cli, 'serve', ...fixed, ...profile, ...flags],
    env,
    port,
    health: '/readyz',
  })
}

/** `bench/baselines/NAME.py` under uvicorn. Ask {@link pythonWith} first. */
export async function startUvicorn(python: string, name: string): Promise<MeasuredServer> {
  const port = await freePort()
  const quiet = ['--log-level', 'critical', '--no-access-log']
  const args = ['-m', 'uvicorn', `${name}:app`, '--host', '127.0.0.1', '--port', String(port), ...quiet]
  return await start({
    command: python,
    args,
    env: { PYTHONPATH: BASELINES, PYTHONDONTWRITEBYTECODE: '1' },
    port,
    health: '/livez',
  })
}

/** A bare `ws` server that only counts. */
export async function startCounter(): Promise<MeasuredServer> {
  const port = await freePort()
  return await start({
    command: process.execPath,
    args: [path.join(BASELINES, 'counter.ts'), String(port)],
    port,
    health: '/livez',
  })
}

export const BASELINES = path.join(ROOT, 'bench/baselines')

/** A Python that has all these modules, or null. `VIGIA_BENCH_PYTHON` names another. */
export async function pythonWith(modules: readonly string[]): Promise<string | null> {
  const candidates = [process.env.VIGIA_BENCH_PYTHON, '/usr/bin/python3', 'python3'].filter((name) => name !== undefined)
  for (const python of candidates) {
    if (path.isAbsolute(python) && !existsSync(python)) continue
    const child = spawn(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' })
    const code = await new Promise((resolve) => {
      child.once('error', () => resolve(-1))
      child.once('exit', resolve)
    })
    if (code === 0) return python
  }
  return null
}

async function start({ command, args, env = {}, port, health }: Command): Promise<MeasuredServer> {
  const begin = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env }, cwd: ROOT })
  let errors = ''
  child.stderr!.on('data', (data) => {
    errors = (errors + String(data)).slice(-2000)
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await untilServing(child, `${url}${health}`)
  } catch (cause) {
    await kill(child)
    throw new Error(`${path.basename(command)} ${args.join(' ')} did not start: ${errors}`, { cause })
  }
  return { url, pid: child.pid!, startMs: performance.now() - begin, [Symbol.asyncDispose]: () => kill(child) }
}

async function untilServing(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const ok = await fetch(url).then(
      (answer) => answer.arrayBuffer().then(() => answer.ok),
      () => false,
    )
    if (ok) return
    await sleep(5)
  }
  throw new Error(`no answer within ${START_MS} ms`)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(hard)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
