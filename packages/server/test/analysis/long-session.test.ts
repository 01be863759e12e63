import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { GoldSession } from '../../src/analysis/eval/gold.ts'
import { validateReport } from '../../src/analysis/validate.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { longSession } from './long-session.ts'
import { runAnalysis, seedLong } from './run-analysis.ts'

/** Three hours of talk, a model with a short memory, and a process that dies at every stage boundary. */

/** Hours of the session whose analysis is killed; each kill is one more process. */
const KILLED_HOURS = Number(process.env.VIGIA_TEST_LONG_HOURS ?? 0.4)
const LONG_HOURS = 3

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function seed(gold: GoldSession): Promise<string> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vigia-long-'))
  folders.push(dataDir)
  await seedLong(dataDir, gold)
  return dataDir
}

/** Stages and writes at which a process dies once, in the order that a run passes them. */
const BOUNDARIES = ['clean', 'speakers', 'extractive', 'validate', 'report 1', 'model 0']
const LAST = ['report 2', 'report told', 'closed']

describe('a session of hours', () => {
  it('is analysed in parts, survives kill -9 at each stage boundary, and gives one report', async () => {
    const gold = longSession(KILLED_HOURS)
    const dataDir = await seed(gold)
    for (const name of BOUNDARIES) expect((await runAnalysis(dataDir, KILLED_HOURS, name)).at(-1)).toBe(name)
    // Each run is killed at its second question: one stage further every time, until there is no second one.
    let runs = 0
    let asked = 0
    for (; runs < 60; runs++) {
      const lines = await runAnalysis(dataDir, KILLED_HOURS, 'asked 2')
      asked += lines.filter((line) => line.startsWith('asked')).length
      if (lines.some((line) => line.startsWith('done'))) break
    }
    expect(runs).toBeGreaterThan(2)
    for (const name of LAST) expect((await runAnalysis(dataDir, KILLED_HOURS, name)).at(-1)).toBe(name)
    const last = await runAnalysis(dataDir, KILLED_HOURS)
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
    const wanted = (kind: string) => gold.items.filter((item) => item.kind === kind).length
    expect(report.findings.filter(({ kind }) => kind === 'decision').length).toBeGreaterThan(wanted('decision') * 0.9)
    expect(report.action_items.length).toBeGreaterThan(wanted('action') * 0.9)
    // Nothing of an earlier run is left over.
    expect((await store.documents.list('long', 'analysis/')).length).toBeLessThanOrEqual(asked)
  }, 900_000)

  it('of three is analysed within bounded memory', async () => {
    const gold = longSession(LONG_HOURS)
    const dataDir = await seed(gold)
    const lines = await runAnalysis(dataDir, LONG_HOURS)
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
