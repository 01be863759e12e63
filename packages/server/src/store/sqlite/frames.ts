import { createHash, randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { type Observation, VigiaError } from '@vigia/protocol'
import { sql } from 'kysely'
import { failPoint } from '../../std/fail-point.ts'
import type { Store, StoredFrame } from '../store.ts'
import type { StoreContext } from './context.ts'
import { ConstraintError, fromFileError, sessionNotFound } from './errors.ts'
import { type FileOps, writeSynced } from './files.ts'
import { sniffImageMime } from './image-mime.ts'
import type { FrameRow } from './sql/schema.ts'

const IMAGE_FILE = 'image'
const VARIANT_NAME = /^[a-z][a-z0-9_-]{0,31}$/

/** Photos: files first (complete or not there), then the row. Without the row they are swept at the next start. */
export function frameStore(context: StoreContext): Omit<Store['frames'], 'erase'> {
  const { db, paths } = context
  const rowOf = async (id: string): Promise<FrameRow | null> =>
    (await db.selectFrom('frames').selectAll().where('id', '=', id).executeTakeFirst()) ?? null

  /** Ids that are being stored: the files of one must not take the place of another's. */
  const placing = new Set<string>()

  const place = async (frame: StoredFrame, contents: Record<string, Uint8Array>): Promise<void> => {
    const dir = paths.frameDir(frame.id)
    const isFree = async (): Promise<void> => {
      if (await rowOf(frame.id)) throw frameExists(frame.id)
    }
    await placeFiles(context, dir, contents, isFree())
    failPoint('photo_before_row')
    try {
      await db.insertInto('frames').values(toRow(frame, contents)).execute()
    } catch (error) {
      await context.files.remove(dir)
      throw insertError(error, frame)
    }
    failPoint('photo_stored')
  }

  return {
    async put(frame, image, derived = {}) {
      for (const name of Object.keys(derived)) checkVariant(name)
      if (placing.has(frame.id)) throw frameExists(frame.id)
      placing.add(frame.id)
      try {
        await place(frame, { [IMAGE_FILE]: image, ...derived })
      } finally {
        placing.delete(frame.id)
      }
    },

    async update(id, patch) {
      const columns: Partial<FrameRow> = {
        ...(patch.observation === undefined ? {} : { observation: patch.observation && JSON.stringify(patch.observation) }),
        ...(patch.dhash === undefined ? {} : { dhash: patch.dhash }),
        ...(patch.atMs === undefined ? {} : { at_ms: patch.atMs }),
        ...(patch.capturedAt === undefined ? {} : { captured_at: patch.capturedAt }),
      }
      if (Object.keys(columns).length === 0) return
      const { numUpdatedRows } = await db.updateTable('frames').set(columns).where('id', '=', id).executeTakeFirst()
      if (numUpdatedRows === 0n) throw new VigiaError('frame_not_found', `There is no photo "${id}".`)
    },

    async get(id) {
      const row = await rowOf(id)
      return row ? toFrame(row) : null
    },

    async image(id, variant = IMAGE_FILE) {
      const row = await rowOf(id)
      if (!row) return null
      if (variant !== IMAGE_FILE && !(JSON.parse(row.variants) as string[]).includes(variant)) return null
      const path = join(paths.frameDir(id), variant)
      const bytes = await readIntact(context, path, checksumOf(row, variant))
      return { bytes, mime: variant === IMAGE_FILE ? row.mime : sniffImageMime(bytes) }
    },

    async pending(limit) {
      const rows = await db
        .selectFrom('frames')
        .selectAll()
        .where(sql<string>`json_extract(observation, '$.status')`, '=', 'pending')
        .orderBy('received_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toFrame)
    },

    async list(sessionId) {
      const rows = await db
        .selectFrom('frames')
        .selectAll()
        .where('session_id', '=', sessionId)
        .orderBy('at_ms')
        .orderBy('captured_at')
        .orderBy('id')
        .execute()
      return rows.map(toFrame)
    },
  }
}

/**
 * Writes and syncs the files in a directory of their own, then gives it its name.
 *
 * @param isFree - rejects where the name is taken; awaited before the files get it
 */
async function placeFiles(
  { files, paths }: StoreContext,
  dir: string,
  contents: Record<string, Uint8Array>,
  isFree: Promise<void>,
): Promise<void> {
  const staged = join(paths.tmp, randomUUID())
  try {
    await allEnded([isFree, stageFiles(files, staged, contents), files.ensureDir(dirname(dir))])
    await files.remove(dir)
    failPoint('photo_before_rename')
    await files.rename(staged, dir)
    await files.syncDir(dirname(dir))
  } catch (error) {
    await files.remove(staged).catch(() => {})
    throw fromFileError('photo', error)
  }
}

async function stageFiles(files: FileOps, dir: string, contents: Record<string, Uint8Array>): Promise<void> {
  await files.ensureDir(dir)
  await allEnded(Object.entries(contents).map(([name, bytes]) => writeSynced(files, join(dir, name), bytes)))
  await files.syncDir(dir)
}

/** Like `Promise.all`, but nothing is still being written when it rejects. */
async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((work) => work.status === 'rejected')
  if (failed) throw failed.reason
}

/** What is served was stored: a disk may give back other bytes than it got. @throws VigiaError `storage_corrupt` */
async function readIntact({ files }: StoreContext, path: string, checksum: string | null): Promise<Buffer> {
  const bytes = await files.read(path, 0, (await files.size(path)) ?? 0).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw fromFileError('photo', error)
  })
  if (checksum === null || sha256(bytes) === checksum) return bytes
  throw new VigiaError('storage_corrupt', 'The file of this photo is damaged.', {
    hint: 'Restore it from a backup, and look at the health of the disk.',
  })
}

function checksumOf({ checksums }: FrameRow, name: string): string | null {
  return checksums === null ? null : ((JSON.parse(checksums) as Record<string, string>)[name] ?? null)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function insertError(error: unknown, frame: StoredFrame): unknown {
  if (!(error instanceof ConstraintError)) return error
  return error.rule === 'foreign_key' && frame.sessionId !== null ? sessionNotFound(frame.sessionId) : frameExists(frame.id)
}

function frameExists(id: string): VigiaError {
  return new VigiaError('conflict', `There already is a photo "${id}".`)
}

function checkVariant(name: string): void {
  if (VARIANT_NAME.test(name) && name !== IMAGE_FILE) return
  throw new VigiaError('invalid_request', `Expected a lower-case name of a rendering, other than "${IMAGE_FILE}", got "${name}".`)
}

function toRow(frame: StoredFrame, contents: Record<string, Uint8Array>): FrameRow {
  return {
    id: frame.id,
    session_id: frame.sessionId,
    owner: frame.owner,
    captured_at: frame.capturedAt,
    received_at: frame.receivedAt,
    at_ms: frame.atMs,
    mime: frame.mime,
    bytes: frame.bytes,
    dhash: frame.dhash,
    observation: frame.observation && JSON.stringify(frame.observation),
    variants: JSON.stringify(Object.keys(contents).filter((name) => name !== IMAGE_FILE)),
    checksums: JSON.stringify(Object.fromEntries(Object.entries(contents).map(([name, bytes]) => [name, sha256(bytes)]))),
  }
}

function toFrame(row: FrameRow): StoredFrame {
  return {
    id: row.id,
    sessionId: row.session_id,
    owner: row.owner,
    capturedAt: row.captured_at,
    receivedAt: row.received_at,
    atMs: row.at_ms,
    mime: row.mime,
    bytes: row.bytes,
    dhash: row.dhash,
    observation: row.observation === null ? null : (JSON.parse(row.observation) as Observation),
  }
}
