import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { crashDir, crashReport, writeCrashReport } from './crash-report.ts'
import type { EngineDeath } from './engines/host/engine-process.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-crash-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

it('says where it happened and not what was said', () => {
  const cause = new TypeError('canario de la causa')
  const error = new VigiaError('asr_failed', 'Expected text of "canario", got none.', { cause })
  const report = crashReport({ kind: 'uncaught_exception', error }, '2026-01-01T00:00:00.000Z')
  expect(report).toMatchObject({
    kind: 'uncaught_exception',
    error: { type: 'VigiaError', code: 'asr_failed', cause: { type: 'TypeError' } },
  })
  expect(JSON.stringify(report)).toContain('crash-report.test.ts:')
  expect(JSON.stringify(report)).not.toContain('canario')
})

it('names the engine that died, without what it printed', () => {
  const engine = {
    name: 'sherpa tiny',
    pid: 7,
    reason: 'SIGABRT',
    deaths: 2,
    quarantined: false,
    outOfMemory: false,
    output: ['canario'],
  } as unknown as EngineDeath
  const report = crashReport({ kind: 'engine_death', engine }, '2026-01-01T00:00:00.000Z')
  expect(report.engine).toEqual({ name: 'sherpa tiny', reason: 'SIGABRT', deaths: 2, quarantined: false, outOfMemory: false })
  expect(JSON.stringify(report)).not.toContain('canario')
})

it('keeps the newest twenty', async () => {
  for (let i = 0; i < 25; i += 1) writeCrashReport(dir, { kind: 'engine_death' }, Date.UTC(2026, 0, 1, 0, 0, i))
  const names = (await readdir(crashDir(dir))).sort()
  expect([names.length, names[0]?.slice(0, 19)]).toEqual([20, '2026-01-01T00-00-05'])
  expect(JSON.parse(await readFile(join(crashDir(dir), names[0]!), 'utf8')).at).toBe('2026-01-01T00:00:05.000Z')
})

it('gives null where it cannot write', () => {
  expect(writeCrashReport('/dev/null/none', { kind: 'engine_death' })).toBeNull()
})
