import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { type FileOps, readRange } from '../../file-ops.ts'
import { directoryInUse, noEncryption } from '../errors.ts'
import { nodeFiles } from '../files.ts'
import { storePaths } from '../paths.ts'
import { NoEncryptedDatabase, openDatabase, rekeyDatabase } from '../sql/database.ts'
import { isLocked, lockDataDir } from '../sql/lock.ts'
import { encryptedFiles } from './encrypted-files.ts'
import { MARKER, requireFit, writeMarker } from './marker.ts'
import { databaseKey } from './master-key.ts'

/**
 * Encrypts a data directory, decrypts one, or changes its key, while no server runs: a whole copy is made beside it, and then the two
 * change places. Until then the old one is as it was; what was interrupted is begun anew.
 */

export interface MigrateOptions {
  dataDir: string
  /** Master key of the directory as it is; null where it is not encrypted. */
  from: Uint8Array | null
  /** As it shall be. */
  to: Uint8Array | null
  onFile?: (path: string) => void
}

/** What a data directory holds besides recordings and photos stays as it is: keys of the API, certificates, models. */
const ENCRYPTED_ROOTS = ['audio', 'frames', 'journal']
/** Files of others, often large: moved, not copied. */
const MODELS = 'models'
/** Made anew, or by SQLite. */
const LEFT_OUT = new Set(['tmp', MODELS, MARKER, 'lock.db', 'lock.db-journal', 'vigia.db', 'vigia.db-wal', 'vigia.db-shm'])

/**
 * @returns where the old directory lies now: it is the caller's to remove; its models were moved to the new one
 * @throws VigiaError `conflict` while a server uses the directory; `not_found`, `encryption_key_mismatch`, `encryption_unavailable`
 */
export async function migrateDirectory(options: MigrateOptions): Promise<{ old: string; files: number }> {
  const { dataDir, from, to } = options
  const paths = storePaths(dataDir)
  const [staged, old] = [`${dataDir}.new`, `${dataDir}.old`]
  await finishInterrupted(dataDir, staged, old)
  if (await exists(old)) {
    throw new VigiaError('conflict', `${old} is there: an earlier change of the encryption left it.`, {
      hint: `See that ${dataDir} is whole, then remove it.`,
    })
  }
  if (!(await exists(paths.database)))
    throw new VigiaError('not_found', `${dataDir} holds no Vigía database.`, { hint: 'Name it with --data-dir.' })
  await requireFit(nodeFiles, dataDir, from)
  using _lock = locked(paths.lock)
  const keys = [from, to].map((master) => master && databaseKey(master)) as [string | null, string | null]
  try {
    await rm(staged, { recursive: true, force: true })
    await mkdir(staged, { mode: 0o700 })
    if (to) await writeMarker(nodeFiles, staged, to)
    copyDatabase(paths.database, storePaths(staged).database, ...keys)
    const files = await copyFiles({ ...options, staged })
    await syncFile(storePaths(staged).database)
    await nodeFiles.syncDir(staged)
    await rename(dataDir, old)
    await finishInterrupted(dataDir, staged, old)
    return { old, files }
  } catch (error) {
    if (await exists(dataDir)) await rm(staged, { recursive: true, force: true })
    throw error instanceof NoEncryptedDatabase ? noEncryption(error) : error
  }
}

/** The old directory has its new name only when the new one is whole: then what is left is to give that one its name. */
async function finishInterrupted(dataDir: string, staged: string, old: string): Promise<void> {
  if (!(await exists(dataDir)) && (await exists(staged)) && (await exists(old))) {
    await rename(staged, dataDir)
    await nodeFiles.syncDir(dirname(dataDir))
  }
  const [from, models] = [join(old, MODELS), join(dataDir, MODELS)]
  if ((await exists(from)) && (await exists(dataDir)) && !(await exists(models))) await rename(from, models)
}

function locked(path: string): Disposable {
  try {
    const lock = lockDataDir(path)
    return { [Symbol.dispose]: () => lock.close() }
  } catch (error) {
    throw isLocked(error) ? directoryInUse(path) : error
  }
}

const exists = async (path: string): Promise<boolean> => (await nodeFiles.size(path)) !== null

function copyDatabase(from: string, to: string, key: string | null, newKey: string | null): void {
  const db = openDatabase(from, { key, timeoutMs: 10_000 })
  try {
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
  if (key !== newKey) rekeyDatabase(to, key, newKey)
}

async function copyFiles({ dataDir, staged, from, to, onFile }: MigrateOptions & { staged: string }): Promise<number> {
  const scratch = join(staged, 'tmp')
  const source = from ? encryptedFiles(nodeFiles, from, scratch) : nodeFiles
  const target = to ? encryptedFiles(nodeFiles, to, scratch) : nodeFiles
  let files = 0
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const path = relative(dataDir, join(entry.parentPath, entry.name))
    const root = path.split(sep)[0]!
    if (LEFT_OUT.has(root)) continue
    const isData = ENCRYPTED_ROOTS.includes(root)
    if (entry.isDirectory()) await mkdir(join(staged, path), { recursive: true, mode: 0o700 })
    else if (!entry.isFile()) throw new VigiaError('conflict', `${path} is no plain file.`, { hint: 'Move it away first.' })
    else {
      onFile?.(path)
      await mkdir(dirname(join(staged, path)), { recursive: true, mode: 0o700 })
      await copyFile(isData ? source : nodeFiles, isData ? target : nodeFiles, join(dataDir, path), join(staged, path))
      files += 1
    }
    if (entry.isDirectory()) await nodeFiles.syncDir(join(staged, path))
  }
  return files
}

async function copyFile(source: FileOps, target: FileOps, from: string, to: string): Promise<void> {
  const file = await target.open(to, { fresh: true })
  try {
    let at = 0
    for await (const piece of readRange(source, from)) {
      await file.write([piece], at)
      at += piece.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await nodeFiles.open(path)
  await file.sync()
  await file.close()
}
