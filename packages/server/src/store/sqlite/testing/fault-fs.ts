import { dirname } from 'node:path'
import type { FileOps, OpenFile } from '../files.ts'

/** One call of the file layer, as the fault plan sees it. */
export interface FileCall {
  /** Counts from 1 over all calls that change something. */
  nth: number
  op: 'ensureDir' | 'open' | 'write' | 'sync' | 'truncate' | 'syncDir' | 'rename' | 'remove'
  path: string
}

interface Inode {
  /** As running programs see it. */
  live: Buffer
  /** As it would be after a power cut. */
  durable: Buffer
  /** A failed sync: the kernel forgot what it could not write and reports success from then on. */
  poisoned: boolean
}

/**
 * A disk in memory that forgets what was not synced. Names need a sync of their directory, bytes one of their file. `failWith` says
 * which call fails with which error; a write that fails has written half.
 */
export class FaultFs implements FileOps {
  readonly #live = new Map<string, Inode>()
  readonly #durable = new Map<string, Inode>()
  readonly #dirs = new Set<string>()
  calls = 0
  failWith: (call: FileCall) => 'ENOSPC' | 'EIO' | null = () => null

  /** What a power cut at this moment would leave of a file; null where not even its name. */
  durableBytes(path: string): Buffer | null {
    return this.#durable.get(path)?.durable ?? null
  }

  /** Names of files that a power cut would leave. */
  durablePaths(): string[] {
    return [...this.#durable.keys()].toSorted()
  }

  /** A power cut: only what was synced remains. */
  crash(): void {
    this.#live.clear()
    for (const [path, inode] of this.#durable) {
      inode.live = Buffer.from(inode.durable)
      inode.poisoned = false
      this.#live.set(path, inode)
    }
  }

  /** Puts bytes on the disk as if they had always been there. */
  plant(path: string, bytes: Buffer): void {
    const inode = { live: Buffer.from(bytes), durable: Buffer.from(bytes), poisoned: false }
    this.#live.set(path, inode)
    this.#durable.set(path, inode)
  }

  async ensureDir(path: string): Promise<void> {
    if (this.#dirs.has(path)) return
    this.#check('ensureDir', path)
    this.#dirs.add(path)
  }

  async open(path: string, options: { fresh?: boolean } = {}): Promise<OpenFile> {
    this.#check('open', path)
    const inode = this.#live.get(path) ?? { live: Buffer.alloc(0), durable: Buffer.alloc(0), poisoned: false }
    if (options.fresh) inode.live = Buffer.alloc(0)
    this.#live.set(path, inode)
    return {
      write: async (buffers, position) => this.#write(path, inode, Buffer.concat(buffers), position),
      sync: async () => this.#sync(path, inode),
      truncate: async (length) => {
        this.#check('truncate', path)
        inode.live = Buffer.from(inode.live.subarray(0, length))
      },
      close: async () => {},
    }
  }

  async size(path: string): Promise<number | null> {
    return this.#live.get(path)?.live.length ?? null
  }

  async read(path: string, position: number, length: number): Promise<Buffer> {
    const inode = this.#live.get(path)
    if (!inode) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
    return Buffer.from(inode.live.subarray(position, position + length))
  }

  async list(path: string): Promise<string[]> {
    const names = [...this.#live.keys()].filter((file) => file.startsWith(`${path}/`)).map((file) => file.slice(path.length + 1))
    return [...new Set(names.map((name) => name.split('/')[0]!))]
  }

  async syncDir(path: string): Promise<void> {
    this.#check('syncDir', path)
    for (const [file, inode] of this.#live) if (dirname(file) === path) this.#durable.set(file, inode)
    for (const file of this.#durable.keys()) if (dirname(file) === path && !this.#live.has(file)) this.#durable.delete(file)
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check('rename', to)
    for (const [file, inode] of [...this.#live]) {
      if (file !== from && !file.startsWith(`${from}/`)) continue
      this.#live.delete(file)
      this.#live.set(to + file.slice(from.length), inode)
    }
  }

  async remove(path: string): Promise<void> {
    this.#check('remove', path)
    for (const file of [...this.#live.keys()]) if (file === path || file.startsWith(`${path}/`)) this.#live.delete(file)
  }

  #write(path: string, inode: Inode, bytes: Buffer, position: number): void {
    const failure = this.#failure('write', path)
    const written = failure ? bytes.subarray(0, bytes.length >> 1) : bytes
    const grown = Buffer.alloc(Math.max(inode.live.length, position + written.length))
    inode.live.copy(grown)
    written.copy(grown, position)
    inode.live = grown
    if (failure) throw failure
  }

  #sync(path: string, inode: Inode): void {
    const failure = this.#failure('sync', path)
    if (failure) {
      inode.poisoned = true
      throw failure
    }
    if (!inode.poisoned) inode.durable = Buffer.from(inode.live)
  }

  #check(op: FileCall['op'], path: string): void {
    const failure = this.#failure(op, path)
    if (failure) throw failure
  }

  #failure(op: FileCall['op'], path: string): Error | null {
    const code = this.failWith({ nth: ++this.calls, op, path })
    return code ? Object.assign(new Error(`${code}: ${op}`), { code }) : null
  }
}
