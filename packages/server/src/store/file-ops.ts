/**
 * The file operations that durability rests on. One small layer, so that a test can put a disk underneath that forgets what
 * was not synced, or fails where it is told to.
 */
export interface FileOps {
  /** Creates the directory and its parents, and syncs each parent that got a new entry. */
  ensureDir(path: string): Promise<void>
  /** Opens for reading and writing; creates it. `fresh` empties it. */
  open(path: string, options?: { fresh?: boolean }): Promise<OpenFile>
  /** Bytes of the file; null where there is none. */
  size(path: string): Promise<number | null>
  /** Up to `length` bytes from `position`; fewer at the end of the file. The buffer is the caller's. */
  read(path: string, position: number, length: number): Promise<Buffer>
  /** Names in a directory; none where it does not exist. */
  list(path: string): Promise<string[]>
  syncDir(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a whole directory; nothing where it does not exist. */
  remove(path: string): Promise<void>
}

export interface OpenFile {
  /** Writes all buffers one after the other from `position`. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** fdatasync. After an error nothing about the file's newest bytes is known. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** Read at once where a file is read in order. */
const PIECE_BYTES = 1024 * 1024

/** Bytes `start` to `end` (exclusive) of a file in order, in pieces of a megabyte; fewer where it ends before. The pieces are the caller's. */
export async function* readRange(
  files: Pick<FileOps, 'read'>,
  path: string,
  start = 0,
  end = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const piece = await files.read(path, at, Math.min(PIECE_BYTES, end - at))
    if (piece.length === 0) return
    at += piece.length
    yield piece
  }
}
