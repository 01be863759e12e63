import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { testKey } from '../helpers/test-key.ts'
import { CrashDisk, type DiskState, fingerprint } from './crash-states.ts'
import { Promises, verify } from './promises.ts'
import { readTrace, traceProgram } from './trace.ts'

/**
 * Every disk that a power cut may leave, from a trace of what the store really asked of the operating system. `VIGIA_CRASH_STATES`
 * bounds how many are looked at (more in CI); each one is checked by the independent verifier, every two hundredth is also opened and recovered.
 */

const MAX_STATES = Number(process.env.VIGIA_CRASH_STATES ?? (process.env.CI ? 10_500 : 2500))
const ROUNDS = Number(process.env.VIGIA_CRASH_ROUNDS ?? (MAX_STATES > 5000 ? 24 : 12))
const RECOVER_EVERY = 200

it('keeps every promise in every disk that a power cut may leave', { timeout: 300_000 + MAX_STATES * 100 }, async (test) => {
  const work = mkdtempSync(join(tmpdir(), 'vigia-trace-'))
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vigia-states-'))
  try {
    const root = join(work, 'data')
    const program = ['--no-warnings', join(import.meta.dirname, 'crash-writer.ts'), root, String(ROUNDS)]
    if (!(await traceProgram(program, join(work, 'trace')))) return test.skip('strace is not here, or may not trace')
    const events = await readTrace(join(work, 'trace'), root)
    const syncs = events.filter((event) => event.op === 'sync').length
    expect(syncs).toBeGreaterThan(ROUNDS * 3)

    let cuts = events.filter(({ op }) => op !== 'mkdir' && op !== 'create').length
    const disk = new CrashDisk()
    const promises = new Promises()
    const checker = new Checker(scratch, root)
    for (const event of events) {
      if (event.op === 'say') promises.note(event.line)
      else disk.apply(event)
      if (event.op === 'mkdir' || event.op === 'create') continue
      // a cut that leaves few disks gives its share to those after it
      const until = checker.states + Math.ceil((MAX_STATES - checker.states) / cuts--)
      for (const state of spread([...disk.states()], (until - checker.states) * 4)) {
        if (checker.states >= until) break
        await checker.check(state(), promises, event.op)
      }
    }
    expect(promises.isErased('s2')).toBe(true)
    expect(promises.isEnded('s0')).toBe(true)
    console.log(
      `${events.length} calls, ${syncs} syncs, ${checker.states} states, ${checker.recovered} recovered, 0 broken promises`,
    )
    expect(checker.states).toBeGreaterThanOrEqual(MAX_STATES * 0.9)
  } finally {
    rmSync(work, { recursive: true, force: true })
    rmSync(scratch, { recursive: true, force: true })
  }
})

/** At most `count` of many, from all over. */
const spread = <T>(all: readonly T[], count: number): T[] =>
  all.length <= count
    ? [...all]
    : all.filter((_, index) => Math.floor((index * count) / all.length) !== Math.floor(((index - 1) * count) / all.length))

class Checker {
  readonly #dir: string
  readonly #root: string
  readonly #seen = new Set<string>()
  #written = new Map<string, Buffer>()
  /** The verifier had to finish a transaction: the files are no longer those of the state. */
  #rolledBack = false
  states = 0
  recovered = 0

  constructor(dir: string, root: string) {
    this.#dir = dir
    this.#root = root
  }

  async check(state: DiskState, promises: Promises, after: string): Promise<void> {
    const { log } = promises
    const key = fingerprint(state) + JSON.stringify(log, ['session', 'acked', 'ended', 'erased'])
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.states += 1
    const dataDir = this.#place(state)
    if (!state.has(join(this.#root, 'vigia.db'))) {
      // nothing may have been promised before the database has its name
      expect(promises.sessionIds, `a cut after ${after}`).toEqual([])
      return
    }
    expect(
      verify(dataDir, log).problems.filter((problem) => !isErasedFile(problem)),
      `a cut after ${after}, state ${this.states}`,
    ).toEqual([])
    if (this.states % RECOVER_EVERY === 0) await this.#recover(dataDir, log)
  }

  /** The server's own recovery, and what it leaves, looked at again. */
  async #recover(dataDir: string, log: unknown[]): Promise<void> {
    const store = await openSqliteStore({ dataDir, key: testKey })
    await store.recover()
    await store[Symbol.asyncDispose]()
    expect(verify(dataDir, log).problems).toEqual([])
    this.recovered += 1
    rmSync(dataDir, { recursive: true })
    this.#written = new Map()
  }

  /** Writes only what differs from the state before. */
  #place(state: DiskState): string {
    const dataDir = join(this.#dir, 'data')
    for (const path of this.#written.keys()) if (!state.has(path)) rmSync(this.#at(path), { force: true })
    rmSync(join(dataDir, 'vigia.db-shm'), { force: true })
    if (existsSync(join(dataDir, 'vigia.db-journal')) || this.#rolledBack) {
      for (const suffix of ['', '-journal', '-wal']) {
        rmSync(join(dataDir, `vigia.db${suffix}`), { force: true })
        this.#written.delete(join(this.#root, `vigia.db${suffix}`))
      }
    }
    this.#rolledBack = state.has(join(this.#root, 'vigia.db-journal'))
    for (const [path, bytes] of state) {
      if (path.endsWith('-shm') || path.includes('lock.db') || this.#written.get(path) === bytes) continue
      mkdirSync(dirname(this.#at(path)), { recursive: true })
      writeFileSync(this.#at(path), bytes)
    }
    this.#written = new Map(state)
    return dataDir
  }

  #at(path: string): string {
    return join(this.#dir, 'data', path.slice(this.#root.length))
  }
}

/** Files of an erased session whose removal had not reached the disk: the next start finishes the erasure, which `recover` shows. */
const isErasedFile = (problem: string): boolean => problem.endsWith('was erased and its files are there')
