import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDatabase, rekeyDatabase, type SqlDatabase } from './database.ts'

const KEY = 'ab'.repeat(31)
const KEYS = { plain: null, encrypted: `${KEY}cd` }

let dir: string
let open: SqlDatabase[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-database-'))
  open = []
})
afterEach(async () => {
  for (const db of open) db.close()
  await rm(dir, { recursive: true })
})

function database(key: string | null, name = 'x.db'): SqlDatabase {
  const db = openDatabase(join(dir, name), { key })
  open.push(db)
  return db
}

describe.each(Object.entries(KEYS))('a database that is %s', (_, key) => {
  it('gives back every kind of value, bytes as bytes', () => {
    const db = database(key)
    db.exec('CREATE TABLE t (v)')
    const values = [null, 'ñandú', 1.5, 2 ** 53 - 1, 7n, new Uint8Array([0, 1, 255]), Buffer.from([9, 8, 7]).subarray(1)]
    for (const value of values) db.prepare('INSERT INTO t VALUES (?)').run(value)
    const rows = db.prepare('SELECT v FROM t ORDER BY rowid').all() as { v: unknown }[]
    expect(rows.map(({ v }) => (v instanceof Uint8Array ? [...v] : v))).toEqual([
      null,
      'ñandú',
      1.5,
      2 ** 53 - 1,
      7,
      [0, 1, 255],
      [8, 7],
    ])
    expect(rows[5]?.v).toBeInstanceOf(Uint8Array)
  })

  it('refuses what is no value of SQLite, and lives on', () => {
    const db = database(key)
    const insert = db.prepare('SELECT ?')
    expect(() => insert.all(Symbol('x') as never)).toThrow()
    expect(db.prepare('SELECT ? AS yes, ? AS no').all(true as never, false as never)).toMatchObject([{ yes: 1, no: 0 }])
    expect(db.prepare('SELECT 1 AS one').all()).toMatchObject([{ one: 1 }])
  })

  it('tells which rule was broken, and whether a transaction is open', () => {
    const db = database(key)
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, u UNIQUE); INSERT INTO t VALUES (1, 1)')
    const broken = (sql: string): unknown => {
      try {
        db.prepare(sql).run()
        return null
      } catch (error) {
        return (error as { errcode: number }).errcode
      }
    }
    expect(broken('INSERT INTO t VALUES (1, 2)')).toBe(1555)
    expect(broken('INSERT INTO t VALUES (2, 1)')).toBe(2067)
    db.exec('BEGIN')
    expect(db.isTransaction).toBe(true)
    db.exec('ROLLBACK')
    expect(db.isTransaction).toBe(false)
  })

  it('tells rows from changes', () => {
    const db = database(key)
    db.exec('CREATE TABLE t (n); INSERT INTO t VALUES (0)')
    expect(db.prepare('INSERT INTO t VALUES (1)').columns()).toEqual([])
    expect(db.prepare('INSERT INTO t VALUES (1) RETURNING n').columns()).toHaveLength(1)
    expect(db.prepare('UPDATE t SET n = 2').run()).toMatchObject({ changes: 1 })
    expect(db.prepare(`SELECT '{"a":1}' ->> '$.a' AS a`).all()).toMatchObject([{ a: 1 }])
  })
})

describe('an encrypted database', () => {
  const holds = async (word: string): Promise<string[]> => {
    const names = await readdir(dir)
    const found = await Promise.all(names.map(async (name) => (await readFile(join(dir, name))).includes(word)))
    return names.filter((_, i) => found[i])
  }
  const fill = (db: SqlDatabase): void =>
    db.exec(`PRAGMA journal_mode = WAL; CREATE VIRTUAL TABLE f USING fts5(t); INSERT INTO f VALUES ('canario')`)

  it('has nothing readable in its file, its log and a copy; a plain one has', async () => {
    const db = database(KEYS.encrypted)
    fill(db)
    db.prepare('VACUUM INTO ?').run(join(dir, 'copy.db'))
    expect((await readdir(dir)).toSorted()).toEqual(['copy.db', 'x.db', 'x.db-shm', 'x.db-wal'])
    expect(await holds('canario')).toEqual([])
    expect(await holds('SQLite format')).toEqual([])
    fill(database(null, 'plain.db'))
    expect(await holds('canario')).toContain('plain.db-wal')
  })

  it('is not opened by a key of which one bit differs, nor without one', () => {
    fill(database(KEYS.encrypted))
    for (const key of [`${KEY}cc`, null]) {
      const refused = (): unknown => openDatabase(join(dir, 'x.db'), { key }).prepare('SELECT * FROM f').all()
      expect(refused).toThrow(expect.objectContaining({ errcode: 26 }))
    }
    fill(database(null, 'plain.db'))
    expect(() => openDatabase(join(dir, 'plain.db'), { key: KEYS.encrypted })).toThrow(expect.objectContaining({ errcode: 26 }))
    expect(() => openDatabase(join(dir, 'new.db'), { key: 'short' })).toThrow('32 bytes')
  })

  it('is made of a plain one, gets another key, and is made plain again', async () => {
    const path = join(dir, 'y.db')
    const plain = openDatabase(path, { key: null })
    plain.exec(`CREATE TABLE t (v); INSERT INTO t VALUES ('canario')`)
    plain.close()
    const other = `${KEY}00`
    for (const [from, to] of [
      [null, KEYS.encrypted],
      [KEYS.encrypted, other],
      [other, null],
    ] as const) {
      rekeyDatabase(path, from, to)
      expect((await holds('canario')).includes('y.db')).toBe(to === null)
      const db = openDatabase(path, { key: to })
      expect(db.prepare('SELECT v FROM t').all()).toMatchObject([{ v: 'canario' }])
      db.close()
    }
  })
})
