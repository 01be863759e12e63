import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { GoldSession } from '../../src/analysis/eval/gold.ts'
import { validateReport } from '../../src/analysis/validate.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { longSession, SECONDS_A_LINE, segmentsOfLong } from './long-session.ts'

/** Three hours of talk, a model with a short memory, and a process that dies at every stage. */

/** Hours of the session whose analysis is killed; each kill is one more process. */
const KILLED_HOURS = Number(process.env.VIGIA_TEST_LONG_HOURS ?? 0.6)
const LONG_HOURS = 3

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function seed(gold: GoldSession): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vigia-long-'))
  folders.push(dataDir)
  await using store = await openSqliteStore({ dataDir, flushMs: 20 })
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  await store.sessions.create({
    id: 'long',
    owner: null,
    format,
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
  await store.segments.upsert(
    'long',
    segmentsOfLong(gold).map((segment) => ({ ...segment, pass: 'final' as const })),
  )
  await store.sessions.update('long', { durationMs: gold.lines.length * SECONDS_A_LINE * 1000 })
  return dataDir
}

/** Runs the analysis until its end, or until it asks its `stopAt`th question, and kills it there. */
async function run(dataDir: string, hours: number, stopAt: number): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'analysis-process.ts')
  const child = spawn(process.execPath, ['--max-old-space-size=256', script, dataDir, String(hours), String(stopAt)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = once(child, 'exit')
  let out = ''
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += String(data)
  })
  child.stdout.on('data', (data) => {
    out += String(data)
    if (stopAt > 0 && out.includes(`asked ${stopAt}\n`)) child.kill('SIGKILL')
  })
  const [code] = (await gone) as [number | null]
  if (code !== 0 && stopAt === 0) throw new Error(errors.slice(-3000))
  return out.trim().split('\n')
}

describe('a session of hours', () => {
  it('is analysed in parts, survives kill -9 at each of them, and gives one report', async () => {
    // Each run is killed at its second question: one stage further every time, until it comes to its end.
    const gold = longSession(KILLED_HOURS)
    const dataDir = await seed(gold)
    let runs = 0
    let asked = 0
    for (; runs < 60; runs++) {
      const lines = await run(dataDir, KILLED_HOURS, 2)
      asked += lines.filter((line) => line.startsWith('asked')).length
      if (lines.some((line) => line.startsWith('done'))) break
    }
    expect(runs).toBeGreaterThan(3)
    const last = await run(dataDir, KILLED_HOURS, 0)
    const [, again, methods] = last.at(-1)!.split(' ')
    expect(Number(again)).toBe(0)
    expect(methods).toBe('extractive,llm')
    const steps = last.flatMap((line) => (line.startsWith('progress') ? [line.split(' ').slice(1).map(Number)] : []))
    expect(steps.at(-1)).toEqual([steps[0]![1], steps[0]![1]])
    expect(asked).toBe(2 * runs + 1)

    await using store = await openSqliteStore({ dataDir, flushMs: 20 })
    const report = (await store.reports.get('long'))!
    expect(validateReport(report)).toEqual([])
    expect(report.analysis).toMatchObject({ method: 'llm', engine: 'scripted' })
    const wanted = gold.items.filter(({ kind }) => kind === 'decision').length
    expect(report.findings.filter(({ kind }) => kind === 'decision').length).toBeGreaterThan(wanted * 0.9)
    expect(report.action_items.length).toBeGreaterThan(4)
    // Nothing of an earlier run is left over.
    expect((await store.documents.list('long', 'analysis/')).length).toBeLessThanOrEqual(asked)
  }, 240_000)

  it('of three is analysed within bounded memory', async () => {
    const gold = longSession(LONG_HOURS)
    const dataDir = await seed(gold)
    const lines = await run(dataDir, LONG_HOURS, 0)
    const [, asked, methods, rssMb] = lines.at(-1)!.split(' ')
    expect(Number(asked)).toBeGreaterThan(15)
    expect(methods).toBe('extractive,llm')
    expect(Number(rssMb)).toBeLessThan(600)
    await using store = await openSqliteStore({ dataDir, flushMs: 20 })
    const report = (await store.reports.get('long'))!
    expect(report.action_items.length).toBeGreaterThan(25)
    expect(report.decisions.length).toBeGreaterThan(25)
  }, 120_000)
})
