import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { systemClock } from '../../../std/clock.ts'
import { bytesOf, newSession } from '../../contract/store-contract.ts'
import type { StoreContext } from '../context.ts'
import { storePaths } from '../paths.ts'
import { sessionStore } from '../sessions.ts'
import { openSqlClient, type SqlClient } from '../sql/client.ts'
import { openKysely } from '../sql/dialect.ts'
import { migrate } from '../sql/migrations.ts'
import { FaultFs } from '../testing/fault-fs.ts'
import { audioStore } from './audio-store.ts'
import { replayJournals } from './journal.ts'

it('does not let the journal bring back what was cut from a recording', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vigia-audio-'))
  const client = await openSqlClient({ databasePath: join(dataDir, 'vigia.db'), lockPath: join(dataDir, 'lock.db') })
  try {
    const db = openKysely(client)
    await migrate(db)
    let isBroken = false
    const atomic: SqlClient['atomic'] = async (queries) => {
      if (isBroken) throw new VigiaError('storage_failed', 'no')
      return await client.atomic(queries)
    }
    const disk = new FaultFs()
    const paths = storePaths(dataDir)
    const log = { info() {}, warn() {}, error() {} }
    const context: StoreContext = { db, client: { ...client, atomic }, files: disk, paths, clock: systemClock, log }
    const audio = audioStore(context, { flushMs: 2, maxPendingBytes: 1e6, journalFrom: 1 })
    await sessionStore(context).create(newSession({ id: 'a' }))

    // written to file and journal, and never acknowledged: the row could not be made
    const first = await audio.port.open('a')
    isBroken = true
    first.append(bytesOf(3000, 1))
    await expect(first.close()).rejects.toMatchObject({ code: 'storage_failed' })
    isBroken = false
    const second = await audio.port.open('a')
    second.append(bytesOf(500, 2))
    await second.flush()
    await Array.fromAsync(audio.port.read('a')) // brings it to the file
    const path = paths.audioSegment('a', 1)
    const before = await disk.read(path, 0, 10_000)

    await replayJournals({ files: disk, dir: paths.journal, pathOf: paths.audioSegment, isKnown: () => true })
    expect((await disk.read(path, 0, 10_000)).equals(before)).toBe(true)
    await second.close()
    await audio.close()
  } finally {
    await client.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})
