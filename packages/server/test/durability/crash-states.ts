import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import type { FileEvent } from './trace.ts'

/**
 * What a power cut may leave of a directory. A write counts once its file was synced; until then any part of what waits may be there:
 * nothing, all, any beginning, all but one, the last one torn. A name counts once its directory was synced; until then any
 * beginning of what waits in that directory may hold.
 */

type Pending = { kind: 'write'; position: number; bytes: Buffer } | { kind: 'truncate'; length: number }

interface Inode {
  durable: Buffer
  pending: Pending[]
  /** With everything that waits; made when it is asked for. */
  live: Buffer | null
}

interface Names {
  durable: Map<string, Inode>
  /** Changes of names, by directory, in order. */
  pending: { dir: string; apply: (names: Map<string, Inode>) => void }[]
  live: Map<string, Inode>
}

/** One possible disk: contents by path. */
export type DiskState = Map<string, Buffer>

const SECTOR = 512

export class CrashDisk {
  readonly #names: Names = { durable: new Map(), pending: [], live: new Map() }

  apply(event: FileEvent): void {
    const { live } = this.#names
    switch (event.op) {
      case 'create': {
        if (live.has(event.path)) return
        const inode: Inode = { durable: Buffer.alloc(0), pending: [], live: null }
        this.#change(dirname(event.path), (names) => void names.set(event.path, inode))
        return
      }
      case 'write':
        this.#wait(event.path, { kind: 'write', position: event.position, bytes: event.bytes })
        return
      case 'truncate':
        this.#wait(event.path, { kind: 'truncate', length: event.length })
        return
      case 'remove':
        this.#change(dirname(event.path), (names) => {
          for (const path of [...names.keys()]) if (path === event.path || path.startsWith(`${event.path}/`)) names.delete(path)
        })
        return
      case 'rename':
        this.#change(dirname(event.to), (names) => {
          for (const [path, inode] of [...names]) {
            if (path !== event.from && !path.startsWith(`${event.from}/`)) continue
            names.delete(path)
            names.set(event.to + path.slice(event.from.length), inode)
          }
        })
        return
      case 'sync':
        this.#sync(event.path)
        return
      default:
    }
  }

  /** The disks that a cut now may leave, each made when it is called; some of them are the same. */
  *states(): Generator<() => DiskState> {
    const files = [...this.#names.live.values()].filter((inode) => inode.pending.length > 0)
    const dirs = [...new Set(this.#names.pending.map(({ dir }) => dir))]
    // one thing varies at a time, the others at both extremes: every pair of extremes, every variant of each
    for (const names of this.#nameVariants(dirs)) {
      for (const others of [durableOf, liveOf]) {
        yield () => stateOf(names, others, null, null)
        for (const varied of files) {
          for (const variant of variants(varied)) yield () => stateOf(names, others, varied, settled(varied.durable, variant))
        }
      }
    }
  }

  #wait(path: string, operation: Pending): void {
    const inode = this.#names.live.get(path)
    if (!inode) return
    inode.pending.push(operation)
    inode.live = null
  }

  #change(dir: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names.live)
    this.#names.pending.push({ dir, apply })
  }

  #sync(path: string): void {
    const inode = this.#names.live.get(path)
    if (inode) {
      inode.durable = liveOf(inode)
      inode.pending = []
      inode.live = null
      return
    }
    for (const { dir, apply } of this.#names.pending) if (dir === path) apply(this.#names.durable)
    this.#names.pending = this.#names.pending.filter(({ dir }) => dir !== path)
  }

  *#nameVariants(dirs: readonly string[]): Generator<Map<string, Inode>> {
    yield this.#names.durable
    yield this.#names.live
    for (const only of dirs) {
      const names = new Map(this.#names.durable)
      for (const { dir, apply } of this.#names.pending) {
        if (dir !== only) continue
        apply(names)
        yield new Map(names)
      }
    }
  }
}

const durableOf = (inode: Inode): Buffer => inode.durable

function liveOf(inode: Inode): Buffer {
  inode.live ??= settled(inode.durable, inode.pending)
  return inode.live
}

function stateOf(
  names: Map<string, Inode>,
  others: (inode: Inode) => Buffer,
  varied: Inode | null,
  content: Buffer | null,
): DiskState {
  return new Map([...names].map(([path, inode]) => [path, inode === varied && content ? content : others(inode)]))
}

/** What may have happened of what waits for one file. */
function* variants({ pending }: Inode): Generator<readonly Pending[]> {
  for (let count = 0; count <= pending.length; count++) {
    yield pending.slice(0, count)
    const next = pending[count]
    if (next?.kind === 'write' && next.bytes.length > SECTOR) {
      const torn = next.bytes.subarray(0, Math.floor(next.bytes.length / 2 / SECTOR) * SECTOR || SECTOR)
      yield [...pending.slice(0, count), { ...next, bytes: torn }]
    }
  }
  for (let left = 0; left < pending.length - 1; left++) yield pending.toSpliced(left, 1)
}

function settled(durable: Buffer, operations: readonly Pending[]): Buffer {
  if (operations.length === 0) return durable
  const ends = operations.map((one) => (one.kind === 'truncate' ? one.length : one.position + one.bytes.length))
  const content = Buffer.alloc(Math.max(durable.length, ...ends))
  durable.copy(content)
  let length = durable.length
  for (const [index, operation] of operations.entries()) {
    if (operation.kind === 'write') {
      operation.bytes.copy(content, operation.position)
      length = Math.max(length, ends[index]!)
    } else {
      content.fill(0, operation.length)
      length = operation.length
    }
  }
  return content.subarray(0, length)
}

const hashes = new WeakMap<Buffer, string>()

/** Tells states apart. */
export function fingerprint(state: DiskState): string {
  const hash = createHash('sha1')
  for (const [path, bytes] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${hashOf(bytes)}\0`)
  return hash.digest('base64')
}

function hashOf(bytes: Buffer): string {
  const known = hashes.get(bytes) ?? createHash('sha1').update(bytes).digest('base64')
  hashes.set(bytes, known)
  return known
}
