/**
 * The store on one machine: rows in SQLite on a thread of its own, audio in append-only segment files, photos as files.
 * Audio is acknowledged when it is synced, in its file or in the journal, and so is its row; see `audio/group-commit.ts`.
 */
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { type Clock, systemClock } from '../../std/clock.ts'
import type { Store } from '../store.ts'
import { audioStore } from './audio/audio-store.ts'
import { auditStore } from './audit.ts'
import { isoNow, type StoreContext, type StoreLog } from './context.ts'
import { documentStore } from './documents.ts'
import { encryptedFiles } from './encryption/encrypted-files.ts'
import { claimDirectory } from './encryption/marker.ts'
import { databaseKey } from './encryption/master-key.ts'
import { eraser } from './erase.ts'
import { fromFileError } from './errors.ts'
import { eventStore } from './events.ts'
import { type FileOps, nodeFiles, writeSynced } from './files.ts'
import { frameStore } from './frames.ts'
import { jobStore } from './jobs.ts'
import { storePaths } from './paths.ts'
import { recoverStore } from './recover.ts'
import { redact } from './redact.ts'
import { reportStore } from './reports.ts'
import { searchStore } from './search.ts'
import { segmentStore } from './segments.ts'
import { sessionStore } from './sessions.ts'
import { openSqlClient, type SqlClient } from './sql/client.ts'
import { openKysely } from './sql/dialect.ts'
import { migrate } from './sql/migrations.ts'

/** A tick of audio: what a client waits for its `ack` at most, beside the disk. */
const FLUSH_MS = 100
const MAX_PENDING_BYTES = 256 * 1024 * 1024

export interface SqliteStoreOptions {
  /** Made when it does not exist; locked against other processes while the store is open. */
  dataDir: string
  clock?: Clock
  /** Milliseconds from a first byte of audio to its group commit. */
  flushMs?: number
  /** Bytes of audio that may wait for the disk over all sessions; `append` refuses more. */
  maxPendingBytes?: number
  /** Files synced at once (default 3): fewer than the threads of libuv's pool, `UV_THREADPOOL_SIZE`. */
  syncConcurrency?: number
  /** Sessions with new audio (default 4) from which on they share one synced journal. */
  journalFrom?: number
  /** A segment file of audio begins anew after this many bytes. */
  segmentBytes?: number
  log?: StoreLog
  /** Master key of an encrypted directory, 32 bytes; a new directory is encrypted with it. */
  key?: Uint8Array | null
  /** The disk; tests hand in a faulty one. */
  files?: FileOps
  /** The database; tests hand in one of their own. */
  client?: SqlClient
}

/**
 * Opens the store; call `recover()` before the first session.
 *
 * @throws VigiaError `conflict` when another process holds the directory, `storage_failed`, `storage_full`, `storage_corrupt`,
 *   `encryption_key_mismatch`, `encryption_unavailable`
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { dataDir, clock = systemClock, log = silentLog, files: disk = nodeFiles, key: master = null } = options
  const paths = storePaths(dataDir)
  await prepareDirs(disk, [dataDir])
  await claimed(disk, dataDir, master)
  const files = master ? encryptedFiles(disk, master, paths.tmp) : disk
  const key = master && databaseKey(master)
  const client = options.client ?? (await openSqlClient({ databasePath: paths.database, lockPath: paths.lock, key }))
  try {
    // Only the holder of the lock may empty the temporary directory.
    await files.remove(paths.tmp)
    await prepareDirs(files, [paths.tmp, paths.audio, paths.frames])
    const db = openKysely(client)
    await migrate(db)
    return assemble({ db, client, files, paths, clock, log }, options)
  } catch (error) {
    await client.close()
    throw fromFileError('data directory', error)
  }
}

function assemble(context: StoreContext, options: SqliteStoreOptions): Store {
  const { client } = context
  const { flushMs = FLUSH_MS, maxPendingBytes = MAX_PENDING_BYTES, segmentBytes, syncConcurrency, journalFrom } = options
  const audio = audioStore(context, { flushMs, maxPendingBytes, segmentBytes, syncConcurrency, journalFrom })
  const erase = eraser(context, audio)
  let closed: Promise<void> | null = null
  const close = async (): Promise<void> => {
    await audio.close()
    await client.close()
  }
  return {
    files: context.files,
    sessions: {
      ...sessionStore(context),
      erase: erase.session,
      redact: async (id, redaction) => {
        await audio.scrub(id) // the journal of all sessions has its newest bytes
        await redact(context, erase, id, redaction)
      },
    },
    audio: audio.port,
    segments: segmentStore(context),
    events: eventStore(context),
    frames: { ...frameStore(context), erase: erase.frame },
    reports: reportStore(context),
    jobs: jobStore(context),
    documents: documentStore(context),
    audit: auditStore(context),
    search: searchStore(context),
    probe: async () => await probe(context),
    async recover() {
      // It cuts what is not committed, which a writer may be about to commit.
      if (audio.openCount() > 0)
        throw new VigiaError('conflict', `Expected no recording open for writing during recovery, got ${audio.openCount()}.`)
      try {
        return await recoverStore(context, erase)
      } catch (error) {
        throw fromFileError('data directory', error)
      }
    },
    async [Symbol.asyncDispose]() {
      closed ??= close()
      await closed
    },
  }
}

/** A synced file and a committed row: the two things that an acknowledgement stands on. */
async function probe({ files, paths, db, clock }: StoreContext): Promise<void> {
  const path = join(paths.tmp, 'probe')
  const at = isoNow(clock)
  try {
    await writeSynced(files, path, Buffer.from(at))
    await files.remove(path)
  } catch (error) {
    throw fromFileError('probe', error)
  }
  await db
    .insertInto('probe')
    .values({ id: 1, at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ at }))
    .execute()
}

async function claimed(files: FileOps, dataDir: string, master: Uint8Array | null): Promise<void> {
  try {
    await claimDirectory(files, dataDir, master)
  } catch (error) {
    throw fromFileError('data directory', error)
  }
}

async function prepareDirs(files: FileOps, dirs: readonly string[]): Promise<void> {
  try {
    for (const dir of dirs) await files.ensureDir(dir)
  } catch (error) {
    throw fromFileError('data directory', error)
  }
}

const silentLog: StoreLog = { info() {}, warn() {}, error() {} }
