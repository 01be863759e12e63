import type { SqlDatabase, SqlPrepared } from './database.ts'
import type { SqlFailure, SqlOutcome, SqlResult, SqlStatement, SqlUnit, SqlValue } from './messages.ts'

/** Prepared statements kept; kysely writes few different texts. */
const MAX_STATEMENTS = 256

/** Runs units on one connection. Neighbouring atomic units share one transaction, hence one fsync (group commit). */
export function unitRunner(db: SqlDatabase): (units: readonly SqlUnit[]) => SqlOutcome[] {
  const prepare = statementCache(db)
  const run = (statements: readonly SqlStatement[]): SqlResult[] => statements.map((one) => runStatement(prepare(one.sql), one))

  const runScript = (unit: SqlUnit): SqlResult[] => {
    for (const { sql } of unit.statements) db.exec(sql)
    return []
  }

  const attempt = (work: () => SqlResult[]): SqlOutcome => {
    try {
      return { ok: true, results: work() }
    } catch (error) {
      return { ok: false, failure: toFailure(error) }
    }
  }

  const runInSavepoint = (unit: SqlUnit): SqlOutcome => {
    db.exec('SAVEPOINT unit')
    const outcome = attempt(() => run(unit.statements))
    if (!outcome.ok && db.isTransaction) db.exec('ROLLBACK TO unit')
    if (db.isTransaction) db.exec('RELEASE unit')
    return outcome
  }

  const runTogether = (units: readonly SqlUnit[]): SqlOutcome[] => {
    try {
      db.exec('BEGIN')
      const outcomes = units.map((unit) => {
        const outcome = runInSavepoint(unit)
        // Some errors (disk full, I/O) make SQLite roll the whole transaction back: then nothing of the group stands.
        if (!db.isTransaction) throw outcome.ok ? new Error('transaction ended early') : failureError(outcome.failure)
        return outcome
      })
      db.exec('COMMIT')
      return outcomes
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      return units.map(() => ({ ok: false, failure: toFailure(error) }))
    }
  }

  return (units) => {
    const outcomes: SqlOutcome[] = []
    let at = 0
    while (at < units.length) {
      const group = groupFrom(units, at)
      // Inside a transaction that a caller holds open, units become part of it.
      if (units[at]?.kind === 'script') outcomes.push(attempt(() => runScript(units[at]!)))
      else if (units[at]?.kind === 'plain' || db.isTransaction) {
        outcomes.push(...group.map((unit) => attempt(() => run(unit.statements))))
      } else outcomes.push(...runTogether(group))
      at += group.length
    }
    return outcomes
  }
}

function groupFrom(units: readonly SqlUnit[], start: number): readonly SqlUnit[] {
  let end = start + 1
  if (units[start]?.kind === 'atomic') while (units[end]?.kind === 'atomic') end++
  return units.slice(start, end)
}

function statementCache(db: SqlDatabase): (sql: string) => SqlPrepared {
  const cache = new Map<string, SqlPrepared>()
  return (sql) => {
    const known = cache.get(sql)
    if (known) return known
    const statement = db.prepare(sql)
    const oldest = cache.size >= MAX_STATEMENTS ? cache.keys().next().value : undefined
    if (oldest !== undefined) cache.delete(oldest)
    cache.set(sql, statement)
    return statement
  }
}

function runStatement(statement: SqlPrepared, { parameters }: SqlStatement): SqlResult {
  const values = parameters as SqlValue[]
  if (statement.columns().length > 0) {
    const rows = statement.all(...values) as Record<string, unknown>[]
    return { rows, changes: rows.length, lastId: 0 }
  }
  const { changes, lastInsertRowid } = statement.run(...values)
  return { rows: [], changes: Number(changes), lastId: Number(lastInsertRowid) }
}

export function toFailure(error: unknown): SqlFailure {
  const { message, errcode } = error as { message?: string; errcode?: number }
  return { message: message ?? String(error), errcode: errcode ?? null }
}

function failureError(failure: SqlFailure): Error {
  return Object.assign(new Error(failure.message), { errcode: failure.errcode })
}
