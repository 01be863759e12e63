import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import type { SqlUnit } from './messages.ts'
import { unitRunner } from './unit-runner.ts'

describe('units of one connection', () => {
  let db: DatabaseSync
  let run: ReturnType<typeof unitRunner>
  beforeEach(() => {
    db = new DatabaseSync(':memory:')
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, blob)')
    run = unitRunner(db)
  })
  const insert = (...values: number[]): SqlUnit => ({
    kind: 'atomic',
    statements: values.map((n) => ({ sql: 'INSERT INTO t (n) VALUES (?)', parameters: [n] })),
  })
  const stored = (): unknown[] =>
    db
      .prepare('SELECT n FROM t ORDER BY n')
      .all()
      .map(({ n }) => n)

  it('take back a unit that fails, whole, and keep its neighbours', () => {
    const outcomes = run([insert(1), insert(2, 1), insert(3)])
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, true])
    expect(stored()).toEqual([1, 3])
    expect(outcomes[1]).toMatchObject({ failure: { errcode: 1555 } })
  })

  it('all fail when the database rolls the group back', () => {
    db.exec(`CREATE TRIGGER full AFTER INSERT ON t WHEN new.n = 9 BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END`)
    expect(run([insert(1), insert(9), insert(3)]).map(({ ok }) => ok)).toEqual([false, false, false])
    expect(stored()).toEqual([])
    expect(run([insert(1)]).map(({ ok }) => ok)).toEqual([true])
  })

  it('join a transaction that is open', () => {
    const plain = (sql: string): SqlUnit => ({ kind: 'plain', statements: [{ sql, parameters: [] }] })
    run([plain('BEGIN'), insert(1), insert(2), plain('ROLLBACK')])
    expect(stored()).toEqual([])
  })

  it('answer rows, counts and the last id', () => {
    run([insert(1, 2)])
    const [outcome] = run([
      {
        kind: 'atomic',
        statements: [
          { sql: 'UPDATE t SET blob = ? RETURNING n', parameters: [new Uint8Array([1])] },
          { sql: 'DELETE FROM t WHERE n = 1', parameters: [] },
          { sql: 'INSERT INTO t (n) VALUES (7)', parameters: [] },
        ],
      },
    ])
    expect(outcome).toMatchObject({
      ok: true,
      results: [{ rows: [{ n: 1 }, { n: 2 }] }, { rows: [], changes: 1 }, { changes: 1, lastId: 7 }],
    })
  })

  it('run a vacuum to its end', () => {
    db.exec('CREATE TABLE x (y); PRAGMA user_version = 3')
    expect(run([{ kind: 'script', statements: [{ sql: 'PRAGMA incremental_vacuum', parameters: [] }] }])).toEqual([
      { ok: true, results: [] },
    ])
  })
})
