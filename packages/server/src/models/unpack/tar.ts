import { VigiaError } from '@vigia/protocol'

/** Reads a tar archive as it arrives: plain files only; links, devices and paths that leave the folder are refused. */

export interface TarFile {
  /** Relative, with `/`. */
  path: string
  bytes: number
}

/** What a tar archive holds, in order: a file's head, then its bytes in pieces. */
export type TarPart = { type: 'file'; file: TarFile } | { type: 'data'; data: Uint8Array }

const BLOCK = 512

const invalid = (what: string): VigiaError => new VigiaError('model_invalid', `The archive is refused: ${what}.`)

/** @throws VigiaError `model_invalid` */
export function* untar(chunks: Iterable<Uint8Array>): Generator<TarPart> {
  const source = new ByteReader(chunks)
  let longName: string | null = null
  for (;;) {
    const head = source.take(BLOCK)
    if (!head || head.every((byte) => byte === 0)) return
    const { path, bytes, kind } = readHead(head)
    const padding = (BLOCK - (bytes % BLOCK)) % BLOCK
    if (kind === 'L' || kind === 'x') {
      const body = Buffer.from(source.need(bytes)).toString('utf8')
      source.need(padding)
      longName = kind === 'L' ? body.replace(/\0.*$/s, '') : (/(?:^|\n)\d+ path=(.*)\n/.exec(body)?.[1] ?? longName)
      continue
    }
    const name = safePath(longName ?? path)
    longName = null
    if (kind === '0' || kind === '\0') {
      yield { type: 'file', file: { path: name, bytes } }
      for (let left = bytes; left > 0; ) {
        const data = source.some(left)
        left -= data.length
        yield { type: 'data', data }
      }
    } else if (kind === '5' || kind === 'g') source.need(bytes)
    else throw invalid(`"${name}" is no plain file (kind ${kind})`)
    source.need(padding)
  }
}

function readHead(head: Uint8Array): { path: string; bytes: number; kind: string } {
  const text = (from: number, length: number): string =>
    Buffer.from(head.subarray(from, from + length))
      .toString('utf8')
      .replace(/\0.*$/s, '')
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (Number.parseInt(text(148, 8), 8) !== sum) throw invalid('a head has a wrong checksum')
  const bytes = Number.parseInt(text(124, 12).trim() || '0', 8)
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw invalid('a file has a wrong size')
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : ''
  return { path: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100), bytes, kind: String.fromCharCode(head[156]!) }
}

/** Relative, no `..`, no drive, no backslash. */
function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const bad =
    path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/.test(path) || parts.includes('..') || path.includes('\0')
  if (bad) throw invalid(`the path "${path}" leaves the folder`)
  return parts.join('/')
}

class ByteReader {
  readonly #chunks: Iterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]()
  }

  /** Up to `most` bytes, at least one. */
  some(most: number): Uint8Array {
    if (!this.#fill()) throw invalid('it ends in the middle of a file')
    const data = this.#chunk.subarray(0, most)
    this.#chunk = this.#chunk.subarray(data.length)
    return data
  }

  /** Exactly `count` bytes; null when nothing is left. */
  take(count: number): Uint8Array | null {
    return this.#fill() ? this.need(count) : null
  }

  need(count: number): Uint8Array {
    if (count > 64 * 1024 * 1024) throw invalid('a head that is too large')
    const out = new Uint8Array(count)
    for (let at = 0; at < count; ) {
      const data = this.some(count - at)
      out.set(data, at)
      at += data.length
    }
    return out
  }

  #fill(): boolean {
    while (this.#chunk.length === 0) {
      const { value, done } = this.#chunks.next()
      if (done) return false
      this.#chunk = value
    }
    return true
  }
}
