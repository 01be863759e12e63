import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import { type KeyRing, newRing } from './keys.ts'
import { SCOPES } from './scopes.ts'
import { newId } from './secrets.ts'

/**
 * `keys.json` in the data directory, readable by its owner only. The command line changes it while the server runs; the
 * server sees the change by the file's time and size.
 */

const Ring = z.object({
  version: z.literal(1),
  pepper: z.string().min(20),
  signing: z.string().min(20),
  keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      hash: z.string(),
      scopes: z.array(z.enum(SCOPES)),
      createdAt: z.string(),
      expiresAt: z.string().nullable(),
      revokedAt: z.string().nullable(),
      keep: z.boolean().optional(),
    }),
  ),
})

export class KeyFile {
  readonly path: string
  #stamp = ''
  #ring: KeyRing | null = null

  constructor(dataDir: string) {
    this.path = join(dataDir, 'keys.json')
  }

  /** The ring as the file has it now; null where there is no file. @throws VigiaError `config_invalid` for a damaged file */
  read(): KeyRing | null {
    const stamp = this.#stampOf()
    if (stamp === this.#stamp) return this.#ring
    this.#ring = stamp === '' ? null : this.#parse()
    this.#stamp = stamp
    return this.#ring
  }

  /** Changes the ring, durably: the file is the old one or the new one, never a part. */
  change(edit: (ring: KeyRing) => KeyRing): KeyRing {
    const ring = edit(this.read() ?? newRing())
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    const staged = `${this.path}.${newId()}`
    writeSynced(staged, `${JSON.stringify(ring, null, 2)}\n`)
    renameSync(staged, this.path)
    syncDir(dirname(this.path))
    this.#stamp = this.#stampOf()
    this.#ring = ring
    return ring
  }

  #stampOf(): string {
    const info = statSync(this.path, { throwIfNoEntry: false })
    return info ? `${info.ino}-${info.mtimeMs}-${info.size}` : ''
  }

  #parse(): KeyRing {
    try {
      return Ring.parse(JSON.parse(readFileSync(this.path, 'utf8')))
    } catch (cause) {
      throw new VigiaError('config_invalid', `The key file ${this.path} cannot be read.`, {
        hint: 'Restore it, or remove it and create new keys: "vigia keys create".',
        cause,
      })
    }
  }
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncDir(path: string): void {
  const dir = openSync(path, 'r')
  try {
    fsyncSync(dir)
  } finally {
    closeSync(dir)
  }
}
