import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openHarness, type SqliteHarness } from './testing/harness.ts'

let harness: SqliteHarness
beforeEach(async () => {
  harness = await openHarness()
})
afterEach(() => harness.close())

/** Changes the database behind the store's back. */
function tamper(statement: string): void {
  const db = new DatabaseSync(join(harness.dataDir, 'vigia.db'))
  db.exec(statement)
  db.close()
}

const fill = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      harness.store.audit.append({ keyId: 'k', action: 'erased', sessionId: `s${n}`, result: 'ok', ip: '::1' }),
    ),
  )

it('numbers rows without holes, also when many come at once, and goes on after a restart', async () => {
  await fill(20)
  const store = await harness.reopen()
  await store.audit.append({ action: 'start', result: 'ok' })
  const rows = await store.audit.list({ limit: 100 })
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 21 }, (_, n) => 21 - n))
  expect(rows[0]).toMatchObject({ action: 'start', keyId: null, object: null })
  expect(JSON.stringify(rows)).not.toContain('"s7"')
  expect(await store.audit.list({ before: 3, limit: 100 })).toHaveLength(2)
  expect(await store.audit.verify()).toEqual({ brokenAt: null })
})

it.each([
  [`UPDATE audit SET result = 'refused' WHERE seq = 4`, 4],
  [`UPDATE audit SET key_id = 'other' WHERE seq = 9`, 9],
  ['DELETE FROM audit WHERE seq = 5', 6],
  [`UPDATE audit SET hash = 'x' WHERE seq = 5`, 5],
])('shows where the chain was broken: %s', async (statement, brokenAt) => {
  await fill(10)
  tamper(statement)
  expect(await harness.store.audit.verify()).toEqual({ brokenAt })
})

it('forgets what is old and stays whole', async () => {
  await fill(5)
  tamper(`UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq <= 3`)
  await harness.store.audit.sweep('2021-01-01T00:00:00.000Z')
  expect((await harness.store.audit.list({ limit: 10 })).map(({ seq }) => seq)).toEqual([5, 4])
  expect(await harness.store.audit.verify()).toEqual({ brokenAt: null })
})
