import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

/**
 * What a newcomer does, from nothing: an empty folder, an empty npm cache. Each step's time and output are kept.
 * `node scripts/newcomer.ts [--from REPOSITORY] [--keep FOLDER]`
 */

const { values } = parseArgs({
  options: { from: { type: 'string', default: path.join(import.meta.dirname, '..') }, keep: { type: 'string' } },
})
const folder = await mkdtemp(path.join(os.tmpdir(), 'vigia-newcomer-'))
const keep = path.resolve(values.keep ?? path.join(import.meta.dirname, '../.vigia/newcomer'))
const clone = path.join(folder, 'vigia')
const env = { ...process.env, npm_config_cache: path.join(folder, 'npm-cache'), XDG_CACHE_HOME: path.join(folder, 'cache') }

interface Step {
  name: string
  command: string
  seconds: number
  ok: boolean
}
const steps: Step[] = []

/** Runs one step, keeps its output as a file. */
function step(name: string, command: string[], cwd = clone): string {
  const begin = performance.now()
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 })
  const seconds = Math.round((performance.now() - begin) / 100) / 10
  steps.push({ name, command: command.join(' '), seconds, ok: status === 0 })
  outputs.push([name, `$ ${command.join(' ')}\n${stdout}${stderr}`])
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${name}`)
  if (status !== 0) throw new Error(`${name}: ${stderr.slice(-2000)}`)
  return stdout
}

const outputs: [string, string][] = []
const pictures: string[] = []
const vigia = path.join('packages', 'server', 'src', 'cli', 'vigia.cjs')

/** A server by the README's command, in a process group of its own: npm has a child. */
async function serve(dataDir: string): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort()
  const settings = ['--profile', 'embedded', '--port', String(port), '--data-dir', dataDir, '--log.level', 'warn']
  const child = spawn('npm', ['start', '--', ...settings], { cwd: clone, env, stdio: 'ignore', detached: true })
  const url = `http://127.0.0.1:${port}`
  if (await untilOk(`${url}/readyz`)) return { url, child }
  await stop(child)
  throw new Error('the server did not become ready in a minute')
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  process.kill(-child.pid!, 'SIGTERM')
  await gone
}

async function walk(): Promise<void> {
  step('clone', ['git', 'clone', '--quiet', '--depth', '1', `file://${path.resolve(values.from)}`, clone], folder)
  step('install, empty cache', ['npm', 'ci'])
  step('demo', ['npm', 'run', '--silent', 'demo', '--', '--own', '--profile', 'embedded'])
  const data = path.join(folder, 'data')
  const first = await serve(data)
  try {
    const page = step('open the page', ['curl', '-sSfL', `${first.url}/`])
    if (!/<html|<!doctype/i.test(page)) throw new Error('the page is no page')
    await seePage(first.url)
    const spoken = path.join('packages', 'server', 'test', 'fixtures', 'audio', 'es-01-reunion.wav')
    const live = ['npm', 'run', '--silent', 'demo', '--', '--url', first.url, '--file', spoken, '--json']
    const said = JSON.parse(step('stream a recording', live)) as { transcript: unknown[] }
    if (said.transcript.length === 0) throw new Error('what was streamed has no transcript')
    const recording = path.join('packages', 'server', 'test', 'fixtures', 'audio', 'es-04-tareas.wav')
    const { session_id } = JSON.parse(
      step('send a recording', ['curl', '-sSf', '-F', `file=@${recording}`, `${first.url}/sessions`]),
    ) as { session_id: string }
    if (!(await untilOk(`${first.url}/sessions/${session_id}/report`))) throw new Error('no report within a minute')
    const report = JSON.parse(step('read the report', ['curl', '-sSf', `${first.url}/sessions/${session_id}/report`])) as {
      transcript: unknown[]
    }
    if (report.transcript.length === 0) throw new Error('the report has no transcript')
    step('back up, server running', ['node', vigia, 'backup', path.join(folder, 'backup'), '--data-dir', data])
    await stop(first.child)
    step('restore', ['node', vigia, 'restore', path.join(folder, 'backup'), '--data-dir', path.join(folder, 'restored')])
    const second = await serve(path.join(folder, 'restored'))
    try {
      step('read the report again', ['curl', '-sSf', `${second.url}/sessions/${session_id}/report`])
    } finally {
      await stop(second.child)
    }
  } finally {
    await stop(first.child)
  }
  await upgrade()
  await fromTarballs()
}

/** The page as a browser shows it; without one the step is left out, saying so. */
async function seePage(url: string): Promise<void> {
  const chromium = '/usr/bin/chromium'
  if (!existsSync(chromium)) return console.log('                 no chromium: the page was not looked at')
  const picture = path.join(folder, 'page.png')
  const quiet = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ]
  const profile = `--user-data-dir=${path.join(folder, 'chromium')}`
  const view = ['--window-size=1280,800', '--virtual-time-budget=5000', `--screenshot=${picture}`]
  step('see the page', [chromium, ...quiet, '--disable-component-update', '--disable-sync', profile, ...view, `${url}/`])
  pictures.push(picture)
}

/** A data directory of the first schema is brought to this version by restoring it. */
async function upgrade(): Promise<void> {
  const old = path.join(folder, 'old')
  await cp(path.join(clone, 'packages/server/test/fixtures/data-schema-1'), old, { recursive: true })
  const { url, child } = await serve(old)
  try {
    step('upgrade: read data of an older version', ['curl', '-sSf', `${url}/sessions/viejo/report`])
  } finally {
    await stop(child)
  }
}

/** The release: tarballs into an empty folder, `npx vigia`. */
async function fromTarballs(): Promise<void> {
  const tarballs = step('pack', [
    path.join(clone, 'node_modules/.bin/node'),
    'scripts/pack.ts',
    '--to',
    path.join(folder, 'tarballs'),
  ])
    .trim()
    .split('\n')
  const empty = path.join(folder, 'empty')
  await mkdir(empty)
  await writeFile(path.join(empty, 'package.json'), '{"name":"empty","private":true}')
  step('install the tarballs', ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], empty)
  step('npx vigia --version', ['npx', '--no-install', 'vigia', '--version'], empty)
  await servesPage(empty)
  step('npx vigia demo', ['npx', '--no-install', 'vigia', 'demo', '--own', '--profile', 'embedded'], empty)
}

/** The installed package serves the web app too. */
async function servesPage(cwd: string): Promise<void> {
  const port = await freePort()
  const args = [
    '--no-install',
    'vigia',
    'serve',
    '--profile',
    'embedded',
    '--port',
    String(port),
    '--data-dir',
    path.join(folder, 'npx'),
  ]
  const child = spawn('npx', args, { cwd, env, stdio: 'ignore', detached: true })
  try {
    if (!(await untilOk(`http://127.0.0.1:${port}/readyz`))) throw new Error('npx vigia serve: not ready in a minute')
    const page = step('npx vigia serve: open the page', ['curl', '-sSfL', `http://127.0.0.1:${port}/`])
    if (!page.includes('<script type="module"')) throw new Error('the installed package has no web app')
  } finally {
    await stop(child)
  }
}

/** @returns false after a minute */
async function untilOk(url: string): Promise<boolean> {
  for (let tries = 0; tries < 600; tries += 1) {
    const isOk = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isOk) return true
    await sleep(100)
  }
  return false
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function save(): Promise<void> {
  await rm(keep, { recursive: true, force: true })
  await mkdir(keep, { recursive: true })
  for (const [index, [name, text]] of outputs.entries()) {
    await writeFile(
      path.join(keep, `${String(index + 1).padStart(2, '0')}-${name.replace(/\W+/g, '-')}.txt`),
      text.replaceAll(folder, '/tmp/newcomer'),
    )
  }
  for (const picture of pictures) await cp(picture, path.join(keep, path.basename(picture)))
  await writeFile(path.join(keep, 'steps.json'), `${JSON.stringify(steps, null, 1).replaceAll(folder, '/tmp/newcomer')}\n`)
}

try {
  await walk()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await save()
  console.log(`outputs: ${keep}`)
  await rm(folder, { recursive: true, force: true })
}
