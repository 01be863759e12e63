import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqlClient, type SqlClient } from './client.ts'
import { openKysely } from './dialect.ts'
import { migrate } from './migrations.ts'

describe('the database thread', () => {
  let dir: string
  let client: SqlClient
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vigia-sql-'))
    client = await open()
  })
  afterEach(async () => {
    await client.close()
    await rm(dir, { recursive: true })
  })
  const open = async () => await openSqlClient({ databasePath: join(dir, 'x.db'), lockPath: join(dir, 'lock.db') })
  const pragma = async (name: string): Promise<unknown> =>
    Object.values((await client.plain({ sql: `PRAGMA ${name}`, parameters: [] })).rows[0] ?? {})[0]

  it('is set up for durability and erasure', async () => {
    expect(await pragma('journal_mode')).toBe('wal')
    expect(await pragma('synchronous')).toBe(2)
    expect(await pragma('secure_delete')).toBe(1)
    expect(await pragma('foreign_keys')).toBe(1)
    expect(await pragma('auto_vacuum')).toBe(2)
  })

  it('brings the schema up once, also on the next start', async () => {
    const db = openKysely(client)
    await migrate(db)
    await migrate(db)
    expect(await db.selectFrom('sessions').selectAll().execute()).toEqual([])
  })

  it('keeps other writers out of an open transaction', async () => {
    const db = openKysely(client)
    await migrate(db)
    const order: string[] = []
    const add = (id: number) => ({ id, at: 'x' })
    const transaction = db.transaction().execute(async (trx) => {
      await trx.insertInto('probe').values(add(1)).execute()
      const outside = db.insertInto('probe').values(add(2)).execute()
      void outside.then(() => order.push('outside'))
      await trx.insertInto('probe').values(add(3)).execute()
      order.push('inside')
      throw new Error('no')
    })
    await expect(transaction).rejects.toThrow('no')
    const rows = async () => (await db.selectFrom('probe').select('id').execute()).map(({ id }) => id)
    expect(await rows()).toEqual([2])
    expect(order).toEqual(['inside', 'outside'])
  })

  it('refuses what comes after it was closed', async () => {
    const closing = client.close()
    await expect(client.script('SELECT 1')).rejects.toMatchObject({ code: 'storage_failed' })
    await closing
    client = await open()
  })

  it('says that a database is damaged', async () => {
    await client.close()
    await writeFile(join(dir, 'x.db'), 'not a database, by any means. '.repeat(100))
    await expect(open()).rejects.toMatchObject({ code: 'storage_corrupt' })
    await rm(join(dir, 'x.db'))
    client = await open()
  })
})
