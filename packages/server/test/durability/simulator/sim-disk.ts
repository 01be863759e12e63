import { dirname } from 'node:path'
import type { FileOps, OpenFile } from '../../../src/store/sqlite/files.ts'
import type { Life } from './life.ts'

type Operation = { kind: 'write'; position: number; bytes: Buffer } | { kind: 'truncate'; length: number }

interface Inode {
  /** As running programs see it. */
  live: Buffer
  /** What is on the medium for sure. */
  durable: Buffer
  /** What happened since the last sync, in order. */
  pending: Operation[]
}

type Names = Map<string, Inode>

const SECTOR = 512
/** Milliseconds that a call takes at most; a sync takes longer. */
const CALL_MS = 1
const SYNC_MS = 12

/**
 * A disk that forgets. Until a sync the parts of a write may be on the medium or not, sector by sector and in any order; a
 * sync that fails drops what it could not write and the next one says nothing of it; names last once their directory is synced.
 */
export class SimDisk {
  readonly #random: () => number
  #live: Names = new Map()
  #durable: Names = new Map()
  #changes: { dir: string; apply: (names: Names) => void }[] = []
  readonly #dirs = new Set<string>()
  /** Share of calls that fail now. */
  failing = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** The power goes: what was not synced is there in parts. */
  powerCut(): void {
    const names = new Map(this.#durable)
    for (const dir of new Set(this.#changes.map((change) => change.dir))) {
      const changes = this.#changes.filter((change) => change.dir === dir)
      for (const { apply } of changes.slice(0, Math.floor(this.#random() * (changes.length + 1)))) apply(names)
    }
    this.#changes = []
    this.#live = names
    this.#durable = new Map(names)
    for (const inode of names.values()) {
      this.#settleByChance(inode)
      inode.live = inode.durable
    }
  }

  /** The disk as one run of the server uses it. */
  mount(life: Life): FileOps {
    const call = async (ms = CALL_MS): Promise<void> => {
      await life.wait(this.#random() * ms)
      this.#mayFail()
    }
    return {
      ensureDir: async (path) => {
        if (this.#dirs.has(path)) return
        await call()
        this.#dirs.add(path)
      },
      open: async (path, options = {}) => {
        await call()
        const inode = this.#live.get(path) ?? this.#create(path)
        if (options.fresh) this.#do(inode, { kind: 'truncate', length: 0 })
        return this.#opened(inode, life, call)
      },
      size: async (path) => this.#live.get(path)?.live.length ?? null,
      read: async (path, position, length) => {
        const inode = this.#live.get(path)
        if (!inode) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
        return Buffer.from(inode.live.subarray(position, position + length))
      },
      list: async (path) => [
        ...new Set(
          [...this.#live.keys()]
            .filter((one) => one.startsWith(`${path}/`))
            .map((one) => one.slice(path.length + 1).split('/')[0]!),
        ),
      ],
      syncDir: async (path) => {
        await call(SYNC_MS)
        for (const { dir, apply } of this.#changes) if (dir === path) apply(this.#durable)
        this.#changes = this.#changes.filter(({ dir }) => dir !== path)
      },
      rename: async (from, to) => {
        await call()
        this.#change(dirname(to), (names) => {
          for (const [path, inode] of [...names].filter(([one]) => isWithin(one, from))) {
            names.delete(path)
            names.set(to + path.slice(from.length), inode)
          }
        })
      },
      remove: async (path) => {
        await call()
        this.#change(dirname(path), (names) => {
          for (const one of [...names.keys()]) if (isWithin(one, path)) names.delete(one)
        })
      },
    }
  }

  #opened(inode: Inode, life: Life, call: (ms?: number) => Promise<void>): OpenFile {
    return {
      write: async (buffers, position) => {
        const bytes = Buffer.concat(buffers)
        const half = bytes.length >> 1
        this.#do(inode, { kind: 'write', position, bytes: bytes.subarray(0, half) })
        await call()
        this.#do(inode, { kind: 'write', position: position + half, bytes: bytes.subarray(half) })
      },
      sync: async () => {
        const asked = inode.pending.length
        await life.wait(this.#random() * SYNC_MS)
        try {
          this.#mayFail()
        } catch (error) {
          this.#settleByChance(inode)
          throw error
        }
        for (const operation of inode.pending.splice(0, asked)) inode.durable = applied(inode.durable, operation)
      },
      truncate: async (length) => {
        await call()
        this.#do(inode, { kind: 'truncate', length })
      },
      close: async () => {},
    }
  }

  #mayFail(): void {
    if (this.#random() >= this.failing) return
    const code = this.#random() < 0.5 ? 'EIO' : 'ENOSPC'
    throw Object.assign(new Error(code), { code })
  }

  #create(path: string): Inode {
    const inode: Inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0), pending: [] }
    this.#change(dirname(path), (names) => void names.set(path, inode))
    return inode
  }

  #change(dir: string, apply: (names: Names) => void): void {
    apply(this.#live)
    this.#changes.push({ dir, apply })
  }

  #do(inode: Inode, operation: Operation): void {
    inode.live = applied(inode.live, operation)
    inode.pending.push(operation)
  }

  /** Of what waits some is on the medium, some is lost for good, some is torn. */
  #settleByChance(inode: Inode): void {
    for (const operation of inode.pending.splice(0)) {
      const fate = this.#random()
      if (fate < 0.4) continue
      if (fate < 0.7 || operation.kind === 'truncate') inode.durable = applied(inode.durable, operation)
      else for (const part of this.#tear(operation)) inode.durable = applied(inode.durable, part)
    }
  }

  *#tear({ position, bytes }: Operation & { kind: 'write' }): Generator<Operation> {
    for (let at = 0; at < bytes.length; at += SECTOR) {
      if (this.#random() < 0.5) yield { kind: 'write', position: position + at, bytes: bytes.subarray(at, at + SECTOR) }
    }
  }
}

const isWithin = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)

function applied(content: Buffer, operation: Operation): Buffer {
  const end = operation.kind === 'truncate' ? operation.length : operation.position + operation.bytes.length
  const next = Buffer.alloc(operation.kind === 'truncate' ? end : Math.max(content.length, end))
  content.copy(next)
  if (operation.kind === 'write') operation.bytes.copy(next, operation.position)
  return next
}
