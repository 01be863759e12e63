import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { requireFit } from '../encryption/marker.ts'
import { nodeFiles } from '../files.ts'
import { isFree } from './backup.ts'
import { type BackupManifest, isAsRecorded, readManifest } from './manifest.ts'

/** Puts a backup back: everything is verified before anything is written, and a half-written data directory never stands. */

/** @throws VigiaError `not_found`, `storage_corrupt` naming the first damaged file */
export async function verifyBackup(from: string): Promise<BackupManifest> {
  const manifest = await readManifest(from)
  for (const file of manifest.files) {
    if (await isAsRecorded(from, file)) continue
    throw new VigiaError('storage_corrupt', `${file.path} is missing from the backup, or not as it was backed up.`, {
      hint: 'Take another backup; nothing was restored.',
    })
  }
  return manifest
}

export interface RestoreOptions {
  from: string
  dataDir: string
  /** Master key of an encrypted backup: restoring needs none, and what could not be opened is better not restored. */
  key?: Uint8Array | null
}

/** @throws VigiaError also `encryption_key_mismatch`, `conflict` when the data directory holds something */
export async function restore({ from, dataDir, key = null }: RestoreOptions): Promise<BackupManifest> {
  if (!(await isFree(dataDir))) {
    throw new VigiaError('conflict', `${dataDir} already holds something.`, {
      hint: 'Restore into a new folder with --data-dir, or move the old one away.',
    })
  }
  await requireFit(nodeFiles, from, key)
  const manifest = await verifyBackup(from)
  const partial = `${dataDir.replace(/\/+$/, '')}.part`
  await rm(partial, { recursive: true, force: true })
  try {
    for (const { path } of manifest.files) await copySynced(join(from, path), join(partial, path))
    await rm(dataDir, { recursive: true, force: true })
    await rename(partial, dataDir)
    await nodeFiles.syncDir(dirname(dataDir))
    return manifest
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

async function copySynced(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to)
  const file = await open(to, 'r+')
  await file.chmod(0o600)
  await file.sync()
  await file.close()
}
