import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'

/** What a backup holds: `manifest.json` beside the files, written last, so that a folder without one is no backup. */

export const MANIFEST = 'manifest.json'
export const FORMAT = 'vigia-backup-1'

export const BackupFile = z.object({
  /** Relative to the backup and to the data directory, with `/`. */
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
})
export type BackupFile = z.infer<typeof BackupFile>

export const BackupManifest = z.object({
  format: z.literal(FORMAT),
  version: z.string(),
  createdAt: z.string(),
  sessions: z.number().int(),
  files: z.array(BackupFile),
})
export type BackupManifest = z.infer<typeof BackupManifest>

/** @throws VigiaError `not_found` where there is no backup, `storage_corrupt` for one that cannot be read */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch((cause: unknown) => {
    throw new VigiaError('not_found', `${folder} holds no ${MANIFEST}: it is no finished backup.`, {
      hint: 'Name a folder that "vigia backup" made.',
      cause,
    })
  })
  const parsed = BackupManifest.safeParse(safeJson(text))
  if (parsed.success && parsed.data.files.every(({ path }) => isInside(path))) return parsed.data
  throw new VigiaError('storage_corrupt', `${join(folder, MANIFEST)} is not a manifest that this version can read.`)
}

/** Whether the file is as it was backed up. */
export async function isAsRecorded(folder: string, { path, bytes, sha256 }: BackupFile): Promise<boolean> {
  const found = await digest(join(folder, path)).catch(() => null)
  return found?.bytes === bytes && found.sha256 === sha256
}

/** Length and SHA-256 (hex) of a file. */
export async function digest(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Buffer)
    bytes += (piece as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** Restoring writes where a manifest says: never outside the data directory. */
const isInside = (path: string): boolean => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\\')

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
