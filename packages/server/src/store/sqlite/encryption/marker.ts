import { timingSafeEqual } from 'node:crypto'
import { dirname, join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { FileOps } from '../../file-ops.ts'
import { writeSynced } from '../files.ts'
import { storePaths } from '../paths.ts'
import { subkey } from './master-key.ts'

/**
 * `encryption.json` says that a data directory is encrypted, and by a value made from the key, which is not the key, whether the key
 * at hand is its own. It is written before anything else and never changed.
 */

export const MARKER = 'encryption.json'

const Marker = z.object({ format: z.literal('vigia-encryption-1'), check: z.string() })

const checkOf = (master: Uint8Array): string => subkey(master, 'key check').toString('hex')

/**
 * Whether directory and key fit, before anything is touched; a new directory is marked as encrypted.
 *
 * @param master - null where no key is set
 * @throws VigiaError `encryption_key_mismatch`
 */
export async function claimDirectory(files: FileOps, dataDir: string, master: Uint8Array | null): Promise<void> {
  const check = await readMarker(files, dataDir)
  if (check !== null) return requireKey(dataDir, check, master)
  if (master === null) return
  if ((await files.size(storePaths(dataDir).database)) !== null) {
    throw new VigiaError('encryption_key_mismatch', `${dataDir} is not encrypted, and a key file is set.`, {
      hint: 'Stop the server and run "vigia encryption encrypt" once, or leave store.keyFile empty.',
    })
  }
  await writeMarker(files, dataDir, master)
}

/** As {@link claimDirectory}, and changes nothing. */
export async function requireFit(files: FileOps, dataDir: string, master: Uint8Array | null): Promise<void> {
  const check = await readMarker(files, dataDir)
  if (check !== null) return requireKey(dataDir, check, master)
  if (master === null) return
  throw new VigiaError('encryption_key_mismatch', `${dataDir} is not encrypted, and a key file is set.`, {
    hint: 'Leave store.keyFile empty for it.',
  })
}

export async function writeMarker(files: FileOps, dataDir: string, master: Uint8Array): Promise<void> {
  const path = join(dataDir, MARKER)
  const marker = { format: 'vigia-encryption-1', check: checkOf(master) } satisfies z.infer<typeof Marker>
  await writeSynced(files, `${path}.part`, Buffer.from(`${JSON.stringify(marker)}\n`))
  await files.rename(`${path}.part`, path)
  await files.syncDir(dirname(path))
}

function requireKey(dataDir: string, check: string, master: Uint8Array | null): void {
  if (master === null) {
    throw new VigiaError('encryption_key_mismatch', `${dataDir} is encrypted, and no key file is set.`, {
      hint: 'Name its key file with store.keyFile (VIGIA_STORE_KEY_FILE). Without it the data cannot be read.',
    })
  }
  const own = Buffer.from(checkOf(master))
  const given = Buffer.from(check)
  if (own.length === given.length && timingSafeEqual(own, given)) return
  throw new VigiaError('encryption_key_mismatch', `${dataDir} is encrypted with another key than that of the key file.`, {
    hint: 'Set store.keyFile to the key file of this directory.',
  })
}

/** Whether the directory is encrypted. @throws VigiaError `storage_corrupt` */
export const isEncrypted = async (files: FileOps, dataDir: string): Promise<boolean> =>
  (await readMarker(files, dataDir)) !== null

async function readMarker(files: FileOps, dataDir: string): Promise<string | null> {
  const path = join(dataDir, MARKER)
  const size = await files.size(path)
  if (size === null) return null
  const parsed = Marker.safeParse(safeJson((await files.read(path, 0, Math.min(size, 4096))).toString('utf8')))
  if (parsed.success) return parsed.data.check
  throw new VigiaError('storage_corrupt', `${path} is damaged.`, {
    hint: 'Restore this file from a backup; the data itself is not touched.',
  })
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
