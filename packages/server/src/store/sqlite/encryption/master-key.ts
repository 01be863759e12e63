import { hkdfSync, randomBytes } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'

/** The master key of an encrypted data directory: 32 random bytes in a file that is kept elsewhere. */

export const MASTER_KEY_BYTES = 32
/** Bits of a mode: any right of others, and the right of the group to write. Service managers give their group the right to read. */
const OTHERS = 0o027
/** More than any form of a key. */
const MAX_FILE_BYTES = 1024

export interface KeyFileContent {
  key: Buffer
  /** Other users of this machine can read the file. */
  exposed: boolean
}

/** @throws VigiaError `encryption_key_mismatch` for a file that is not there, cannot be read or holds no key */
export async function readKeyFile(path: string): Promise<KeyFileContent> {
  const unreadable = (cause: unknown): never => {
    throw new VigiaError('encryption_key_mismatch', `The key file ${path} cannot be read.`, {
      hint: 'Bring the disk or the credential that holds it, or correct store.keyFile. Without the key the data cannot be read.',
      cause,
    })
  }
  const file = await open(path, 'r').catch(unreadable)
  try {
    const { mode } = await file.stat()
    const key = parseKey(await readStart(file).catch(unreadable))
    if (key) return { key, exposed: (mode & OTHERS) !== 0 }
  } finally {
    await file.close()
  }
  throw new VigiaError('encryption_key_mismatch', `Expected ${path} to hold 32 bytes, as they are, in base64 or in hex.`, {
    hint: 'Make one with "vigia encryption create-key FILE".',
  })
}

/** The key of a setting; null where it is empty. */
export async function readMasterKey(path: string, onExposed: (path: string) => void): Promise<Buffer | null> {
  if (path === '') return null
  const { key, exposed } = await readKeyFile(path)
  if (exposed) onExposed(path)
  return key
}

/** 32 bytes as they are, in base64, or in hex. */
export function parseKey(content: Buffer): Buffer | null {
  if (content.length === MASTER_KEY_BYTES) return content
  const text = content.toString('latin1').trim()
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : null
}

/** Writes a new key, in base64, to a file that does not exist, durably. @throws VigiaError `conflict` */
export async function createKeyFile(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause
    throw new VigiaError('conflict', `${path} exists already.`, {
      hint: 'A key is never written over: what it encrypted would be lost.',
      cause,
    })
  })
  try {
    await file.writeFile(`${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A key of its own for each use of the master key. */
export function subkey(master: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', master, new Uint8Array(), `vigia ${use}`, MASTER_KEY_BYTES))
}

/** The key of the database, as its driver takes it. */
export const databaseKey = (master: Uint8Array): string => subkey(master, 'database').toString('hex')

async function readStart(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(MAX_FILE_BYTES)
  const { bytesRead } = await file.read(buffer, 0, MAX_FILE_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}
