import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { FileOps, OpenFile } from '../../file-ops.ts'
import { crypt, FileCipher, type FileKey, HEADER_BYTES } from './file-cipher.ts'

/**
 * The same disk, encrypted; see `file-cipher.ts`. What is above knows nothing of it: positions and lengths are those of the content.
 *
 * No place of a key stream serves two contents: a file that is emptied, or cut, gets a new key. So who saw the disk twice, or finds
 * what a disk kept of overwritten blocks, learns nothing from comparing them.
 *
 * A hole stays a hole: whole pages of zeros on the disk are zeros of the content, so that hours of declared silence take no room.
 */

const PAGE_BYTES = 4096
const NO_PAGE = Buffer.alloc(PAGE_BYTES)
/** Copied at once when a file gets a new key. */
const COPY_BYTES = 1024 * 1024

/** @param scratch - a directory on the same disk that is emptied at start */
export function encryptedFiles(files: FileOps, master: Uint8Array, scratch: string): FileOps {
  const cipher = new FileCipher(master)

  const size = async (path: string): Promise<number | null> => {
    const bytes = await files.size(path)
    return bytes === null ? null : Math.max(0, bytes - HEADER_BYTES)
  }

  return {
    ensureDir: (path) => files.ensureDir(path),
    list: (path) => files.list(path),
    syncDir: (path) => files.syncDir(path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    size,

    async open(path, { fresh = false } = {}) {
      const physical = fresh ? 0 : ((await files.size(path)) ?? 0)
      const key = physical > HEADER_BYTES ? cipher.keyIn(await files.read(path, 0, HEADER_BYTES)) : null
      const inner = await files.open(path, { fresh })
      return new EncryptedFile({ files, cipher, scratch, path, inner, key, end: Math.max(0, physical - HEADER_BYTES) })
    },

    read: async (path, position, length) => await readContent(files, cipher, path, position, length),
  }
}

/** Where no header is whole the content is unknown: zeros, which no checksum above takes for what was stored. */
async function readContent(files: FileOps, cipher: FileCipher, path: string, position: number, length: number): Promise<Buffer> {
  const from = position + HEADER_BYTES
  const start = from - (from % PAGE_BYTES)
  const end = Math.ceil((from + length) / PAGE_BYTES) * PAGE_BYTES
  const pages = await files.read(path, start, end - start)
  if (start + pages.length <= from) return Buffer.alloc(0)
  const skip = start === 0 ? HEADER_BYTES : 0
  const key = cipher.keyIn(start === 0 ? pages : await files.read(path, 0, HEADER_BYTES))
  const content = key ? decrypted(key, pages, skip, start + skip - HEADER_BYTES) : Buffer.alloc(pages.length - skip)
  const at = from - start - skip
  return content.subarray(at, at + length)
}

/** The content of whole pages, of which the last may be short. */
function decrypted(key: FileKey, pages: Buffer, skip: number, position: number): Buffer {
  const holes: number[] = []
  for (let at = 0; at + PAGE_BYTES <= pages.length; at += PAGE_BYTES)
    if (pages.compare(NO_PAGE, 0, PAGE_BYTES, at, at + PAGE_BYTES) === 0) holes.push(at)
  const content = crypt(key, [pages.subarray(skip)], position)[0]!
  for (const at of holes) content.fill(0, at - skip, at - skip + PAGE_BYTES)
  return content
}

interface EncryptedFileOptions {
  files: FileOps
  cipher: FileCipher
  scratch: string
  path: string
  inner: OpenFile
  /** Null while the file has none: it is new, or its header never came to the disk. */
  key: FileKey | null
  /** Length of the content. */
  end: number
}

class EncryptedFile implements OpenFile {
  readonly #options: EncryptedFileOptions
  #inner: OpenFile
  #key: FileKey | null
  #end: number

  constructor(options: EncryptedFileOptions) {
    this.#options = options
    this.#inner = options.inner
    this.#key = options.key
    this.#end = options.end
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const length = buffers.reduce((sum, bytes) => sum + bytes.length, 0)
    if (this.#key === null && position === 0) {
      const key = this.#options.cipher.fresh()
      await this.#inner.write([this.#options.cipher.header(key), ...crypt(key, buffers, 0)], 0)
      this.#key = key
    } else {
      if (position > this.#end) await this.#fill(this.#end, position)
      await this.#inner.write(crypt(await this.#ownKey(), buffers, position), position + HEADER_BYTES)
    }
    this.#end = Math.max(this.#end, position + length)
  }

  async sync(): Promise<void> {
    await this.#inner.sync()
  }

  async truncate(length: number): Promise<void> {
    if (length === 0) {
      await this.#inner.truncate(0)
      this.#key = null
      this.#end = 0
    } else if (length < this.#end) await this.#cut(length)
    else if (length > this.#end) {
      await this.#ownKey()
      await this.#inner.truncate(length + HEADER_BYTES)
      await this.#fill(this.#end, length)
    }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  async #ownKey(): Promise<FileKey> {
    if (this.#key) return this.#key
    const key = this.#options.cipher.fresh()
    await this.#inner.write([this.#options.cipher.header(key)], 0)
    this.#key = key
    return key
  }

  /** Makes the content zero; whole pages stay a hole. */
  async #fill(from: number, to: number): Promise<void> {
    const key = await this.#ownKey()
    const firstPage = Math.ceil((from + HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES - HEADER_BYTES
    const lastPage = Math.floor((to + HEADER_BYTES) / PAGE_BYTES) * PAGE_BYTES - HEADER_BYTES
    const edges = firstPage < lastPage ? [[from, firstPage] as const, [lastPage, to] as const] : [[from, to] as const]
    for (const [start, end] of edges)
      if (end > start) await this.#inner.write(crypt(key, [Buffer.alloc(end - start)], start), start + HEADER_BYTES)
    this.#end = to
  }

  /** A new file with the beginning of this one, under a new key, takes its place: what follows will differ from what was there. */
  async #cut(length: number): Promise<void> {
    const { files, cipher, scratch, path } = this.#options
    await files.ensureDir(scratch)
    const staged = join(scratch, randomUUID())
    const key = cipher.fresh()
    const inner = await files.open(staged, { fresh: true })
    try {
      await inner.write([cipher.header(key)], 0)
      for (let at = 0; at < length; at += COPY_BYTES) {
        const bytes = await readContent(files, cipher, path, at, Math.min(COPY_BYTES, length - at))
        await inner.write(crypt(key, [bytes], at), at + HEADER_BYTES)
      }
      await inner.sync()
      await files.rename(staged, path)
      await files.syncDir(dirname(path))
    } catch (error) {
      await inner.close().catch(() => {})
      await files.remove(staged).catch(() => {})
      throw error
    }
    await this.#inner.close().catch(() => {})
    this.#inner = inner
    this.#key = key
    this.#end = length
  }
}
