import { constants, type Stats } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileOps, OpenFile } from '../file-ops.ts'

export type { FileOps, OpenFile }

const FILE_MODE = 0o600
const DIR_MODE = 0o700

/** The real disk. */
export const nodeFiles: FileOps = {
  ensureDir,
  syncDir,
  rename,

  async open(path, options = {}) {
    const flags = constants.O_RDWR | constants.O_CREAT | (options.fresh ? constants.O_TRUNC : 0)
    return openFile(await open(path, flags, FILE_MODE))
  },

  async size(path) {
    return (await statOrNull(path))?.size ?? null
  },

  async read(path, position, length) {
    const handle = await open(path, 'r')
    try {
      return await readFully(handle, position, length)
    } finally {
      await handle.close()
    }
  },

  async list(path) {
    return await readdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
  },

  async remove(path) {
    await rm(path, { recursive: true, force: true })
  },
}

function openFile(handle: FileHandle): OpenFile {
  return {
    write: async (buffers, position) => await writeFully(handle, buffers, position),
    sync: async () => await handle.datasync(),
    truncate: async (length) => await handle.truncate(length),
    close: async () => await handle.close(),
  }
}

/** `writev` may write less than asked, for instance on a disk that just filled up: the rest is tried again, and then fails. */
async function writeFully(handle: FileHandle, buffers: readonly Uint8Array[], position: number): Promise<void> {
  let rest = buffers
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest as Uint8Array[], at)
    at += bytesWritten
    rest = skipBytes(rest, bytesWritten)
  }
}

function skipBytes(buffers: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = []
  let left = count
  for (const buffer of buffers) {
    if (left < buffer.length) rest.push(left > 0 ? buffer.subarray(left) : buffer)
    left = Math.max(0, left - buffer.length)
  }
  return rest
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

async function ensureDir(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: DIR_MODE })
  if (first === undefined) return
  for (let dir = dirname(path); dir.length >= dirname(first).length; dir = dirname(dir)) {
    await syncDir(dir)
    if (dir === dirname(dir)) break
  }
}

async function syncDir(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  return await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** Writes a new file durably: its bytes are synced when this resolves; its name once the directory is. */
export async function writeSynced(files: FileOps, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, { fresh: true })
  try {
    await file.write([bytes], 0)
    await file.sync()
  } finally {
    await file.close()
  }
}
