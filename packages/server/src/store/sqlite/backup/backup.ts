import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { HEADER_BYTES } from '../encryption/file-cipher.ts'
import { requireFit } from '../encryption/marker.ts'
import { databaseKey } from '../encryption/master-key.ts'
import { nodeFiles } from '../files.ts'
import { SEGMENT_FILE, storePaths } from '../paths.ts'
import { openDatabase } from '../sql/database.ts'
import { type BackupFile, type BackupManifest, digest, FORMAT, MANIFEST } from './manifest.ts'

/**
 * Copies a data directory while a server may be writing to it. First a snapshot of the database, then the journal, then the files:
 * what the snapshot says of a recording is in the journal, or was written to its file before the journal was replaced. No more of a
 * file than the snapshot says is copied. Photos are written before their row and never changed. What was acknowledged before the
 * backup began is in it. That of an encrypted directory is encrypted with the same key.
 */

export interface BackupOptions {
  dataDir: string
  /** Made; must not exist, or be empty. */
  to: string
  version: string
  createdAt: string
  /** Master key of an encrypted directory. */
  key?: Uint8Array | null
  /** Told before each file is copied, and waited for. */
  onFile?: (path: string) => void | Promise<void>
}

/** Files of the data directory that are no data: locks, halves, what can be made again. Models are files of others. */
const LEFT_OUT = new Set(['lock.db', 'lock.db-journal', 'vigia.db', 'vigia.db-wal', 'vigia.db-shm', 'tmp', 'models'])
const PIECE_BYTES = 1024 * 1024

/** @throws VigiaError `not_found` without a database, `conflict` when `to` holds something, `storage_failed`, `storage_full`, `encryption_key_mismatch` */
export async function backup(options: BackupOptions): Promise<BackupManifest> {
  const { dataDir, to } = options
  const { database } = storePaths(dataDir)
  if (!(await exists(database)))
    throw new VigiaError('not_found', `${dataDir} holds no Vigía database.`, { hint: 'Name it with --data-dir.' })
  await requireFit(nodeFiles, dataDir, options.key ?? null)
  if (!(await isFree(to))) throw new VigiaError('conflict', `${to} already holds something.`, { hint: 'Name a new folder.' })
  const partial = `${to.replace(/\/+$/, '')}.part`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    const manifest = await copyAll(options, partial)
    await rm(to, { recursive: true, force: true })
    await rename(partial, to)
    await nodeFiles.syncDir(dirname(to))
    return manifest
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function copyAll({ dataDir, version, createdAt, key: master, onFile }: BackupOptions, to: string): Promise<BackupManifest> {
  const key = master ? databaseKey(master) : null
  const snapshot = join(to, 'vigia.db')
  snapshotDatabase(storePaths(dataDir).database, snapshot, key)
  await syncFile(snapshot)
  const { sessions, lengths } = readSnapshot(snapshot, dataDir, key)
  const headerBytes = key === null ? 0 : HEADER_BYTES
  const files: BackupFile[] = [{ path: 'vigia.db', ...(await digest(snapshot)) }]
  for await (const path of journalsFirst(dataDir)) {
    const length = SEGMENT_FILE.test(path.split('/').at(-1)!) ? lengths.get(path) : Number.POSITIVE_INFINITY
    if (length === undefined) continue // a recording that began after the snapshot
    await onFile?.(path)
    const copied = await copyStart(join(dataDir, path), join(to, path), length + headerBytes)
    if (copied) files.push({ path, ...copied })
  }
  const manifest: BackupManifest = { format: FORMAT, version, createdAt, sessions, files }
  await writeFile(join(to, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600, flush: true })
  await nodeFiles.syncDir(to)
  return manifest
}

/** A consistent copy of a database that another process may be writing. */
function snapshotDatabase(from: string, to: string, key: string | null): void {
  const db = openDatabase(from, { key, readOnly: true, timeoutMs: 10_000 })
  try {
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
}

/** How many sessions there are, and how much of each segment file counts. */
function readSnapshot(snapshot: string, dataDir: string, key: string | null): { sessions: number; lengths: Map<string, number> } {
  const db = openDatabase(snapshot, { key, readOnly: true })
  try {
    const paths = storePaths(dataDir)
    const rows = db.prepare('SELECT session_id, no, length FROM audio_segments').all() as {
      session_id: string
      no: number
      length: number
    }[]
    const lengths = new Map(
      rows.map((row) => [portable(relative(dataDir, paths.audioSegment(row.session_id, row.no))), row.length]),
    )
    return { sessions: Number((db.prepare('SELECT count(*) AS n FROM sessions').all() as { n: number }[])[0]?.n), lengths }
  } finally {
    db.close()
  }
}

async function* journalsFirst(dataDir: string): AsyncIterable<string> {
  const journal = portable(relative(dataDir, storePaths(dataDir).journal))
  const isJournal = (path: string): boolean => path.startsWith(`${journal}/`)
  for await (const path of dataFiles(dataDir)) if (isJournal(path)) yield path
  for await (const path of dataFiles(dataDir)) if (!isJournal(path)) yield path
}

async function* dataFiles(dataDir: string): AsyncIterable<string> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const path = portable(relative(dataDir, join(entry.parentPath, entry.name)))
    if (entry.isFile() && !LEFT_OUT.has(path.split('/')[0]!) && !entry.name.endsWith('.part')) yield path
  }
}

const portable = (path: string): string => path.split(sep).join('/')

/** Copies up to `length` bytes and syncs them; null when the file is gone, for it was erased meanwhile. */
async function copyStart(from: string, to: string, length: number): Promise<{ bytes: number; sha256: string } | null> {
  const source = await open(from, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!source) return null
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const target = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600)
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(PIECE_BYTES)
    let bytes = 0
    while (bytes < length) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(PIECE_BYTES, length - bytes), bytes)
      if (bytesRead === 0) break
      const piece = buffer.subarray(0, bytesRead)
      await target.writeFile(piece)
      hash.update(piece)
      bytes += bytesRead
    }
    await target.sync()
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await source.close()
    await target.close()
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+')
  await file.sync()
  await file.close()
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

/** Nothing there, or an empty folder. */
export const isFree = async (path: string): Promise<boolean> =>
  (await readdir(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : ['something']))).length === 0
