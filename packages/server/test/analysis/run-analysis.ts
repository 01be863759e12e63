import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { GoldSession } from '../../src/analysis/eval/gold.ts'
import { FINALIZE } from '../../src/session/finalizer.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { SECONDS_A_LINE, segmentsOfLong } from './long-session.ts'

/** The analysis of a generated session in a process of its own, which tests kill. */

/** Stores the generated session as `long` in a data folder, with the job that finishes it. */
export async function seedLong(dataDir: string, gold: GoldSession): Promise<void> {
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
  await store.sessions.update('long', { durationMs: gold.lines.length * SECONDS_A_LINE * 1000, state: 'ending' })
  await store.jobs.add(FINALIZE, 'long', { reuseTranscript: true })
}

/** Runs the analysis until its end, or until it comes to the boundary `stopAt`, and kills it there. */
export async function runAnalysis(dataDir: string, hours: number, stopAt = ''): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'analysis-process.ts')
  const child = spawn(process.execPath, ['--max-old-space-size=256', script, dataDir, String(hours), stopAt], {
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
    if (stopAt !== '' && `\n${out}`.includes(`\n${stopAt}\n`)) child.kill('SIGKILL')
  })
  const [code] = (await gone) as [number | null]
  if (code !== 0 && stopAt === '') throw new Error(errors.slice(-3000))
  return out.trim().split('\n')
}
