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
        const inode: Inode = { durable: Buffer.alloc(0), pending: [] }
        this.#change(dirname(event.path), (names) => void names.set(event.path, inode))
        return
      }
      case 'write':
        live.get(event.path)?.pending.push({ kind: 'write', position: event.position, bytes: event.bytes })
        return
      case 'truncate':
        live.get(event.path)?.pending.push({ kind: 'truncate', length: event.length })
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

  /** Different disks that a cut now may leave. */
  *states(): Generator<DiskState> {
    const files = [...this.#names.live.entries()].filter(([, inode]) => inode.pending.length > 0)
    const dirs = [...new Set(this.#names.pending.map(({ dir }) => dir))]
    const seen = new Set<string>()
    // one thing varies at a time, the others at both extremes: every pair of extremes, every variant of each
    for (const namesKept of this.#nameVariants(dirs)) {
      for (const others of ['none', 'all'] as const) {
        for (const [, varied] of [...files, ['', null] as const]) {
          for (const [label, content] of varied ? variants(varied) : [['', null] as const]) {
            const state: DiskState = new Map()
            for (const [path, inode] of namesKept) {
              const bytes =
                inode === varied && content !== null ? content : others === 'none' ? inode.durable : settled(inode, inode.pending)
              state.set(path, bytes)
            }
            const key = fingerprint(state)
            if (seen.has(key)) continue
            seen.add(key)
            void label
            yield state
          }
        }
      }
    }
  }

  #change(dir: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names.live)
    this.#names.pending.push({ dir, apply })
  }

  #sync(path: string): void {
    const inode = this.#names.live.get(path)
    if (inode) {
      inode.durable = settled(inode, inode.pending)
      inode.pending = []
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

/** What may be there of one file with writes that wait. */
function* variants(inode: Inode): Generator<readonly [string, Buffer]> {
  const { pending } = inode
  for (let count = 0; count <= pending.length; count++) {
    yield [`first ${count}`, settled(inode, pending.slice(0, count))]
    const next = pending[count]
    if (next?.kind === 'write' && next.bytes.length > SECTOR) {
      const torn = { ...next, bytes: next.bytes.subarray(0, Math.floor(next.bytes.length / 2 / SECTOR) * SECTOR || SECTOR) }
      yield [`first ${count} and a torn one`, settled(inode, [...pending.slice(0, count), torn])]
    }
  }
  for (let left = 0; left < pending.length - 1; left++) yield [`all but ${left}`, settled(inode, pending.toSpliced(left, 1))]
}

function settled(inode: Inode, operations: readonly Pending[]): Buffer {
  let content = inode.durable
  for (const operation of operations) {
    if (operation.kind === 'truncate') {
      const next = Buffer.alloc(operation.length)
      content.copy(next, 0, 0, operation.length)
      content = next
      continue
    }
    const next = Buffer.alloc(Math.max(content.length, operation.position + operation.bytes.length))
    content.copy(next)
    operation.bytes.copy(next, operation.position)
    content = next
  }
  return content
}

/** Tells states apart. */
export function fingerprint(state: DiskState): string {
  const hash = createHash('sha1')
  for (const [path, bytes] of [...state].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
  return hash.digest('base64')
}
