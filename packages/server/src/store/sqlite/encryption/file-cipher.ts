import { createCipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { subkey } from './master-key.ts'

/**
 * How one file is encrypted: AES-256 in counter mode with a key of its own, made by HKDF-SHA256 from the master key and a random salt.
 * Position in, position out: byte n of the content is always under byte n of the key stream, so that a file can be appended to and
 * read anywhere. Confidentiality only: who can change the file can change what is read, as he can in a plain one.
 *
 * A header stands before the content: a page sector with the salt, and the same again in the next sector, should one be damaged.
 */

/** Bytes before the content. */
export const HEADER_BYTES = 1024
const COPY_BYTES = 512
const MAGIC = Buffer.from('VGENC1\0\0', 'latin1')
const SALT_BYTES = 32
const MAC_BYTES = 16
const AES_BLOCK = 16

/** The key of one file. */
export interface FileKey {
  salt: Buffer
  key: Buffer
}

export class FileCipher {
  readonly #master: Uint8Array
  readonly #headerKey: Buffer

  constructor(master: Uint8Array) {
    this.#master = master
    this.#headerKey = subkey(master, 'file header')
  }

  /** A key that no other file has. */
  fresh(): FileKey {
    return this.#keyOf(randomBytes(SALT_BYTES))
  }

  header({ salt }: FileKey): Buffer {
    const copy = Buffer.concat([MAGIC, salt, this.#mac(salt)])
    const header = Buffer.alloc(HEADER_BYTES)
    for (let at = 0; at < HEADER_BYTES; at += COPY_BYTES) copy.copy(header, at)
    return header
  }

  /** @param header - the file's first bytes. @returns null where neither copy is whole, or both are of another master key */
  keyIn(header: Buffer): FileKey | null {
    for (let at = 0; at + COPY_BYTES <= Math.min(header.length, HEADER_BYTES); at += COPY_BYTES) {
      const salt = header.subarray(at + MAGIC.length, at + MAGIC.length + SALT_BYTES)
      const mac = header.subarray(at + MAGIC.length + SALT_BYTES, at + MAGIC.length + SALT_BYTES + MAC_BYTES)
      if (!header.subarray(at, at + MAGIC.length).equals(MAGIC)) continue
      if (timingSafeEqual(mac, this.#mac(salt))) return this.#keyOf(Buffer.from(salt))
    }
    return null
  }

  #mac(salt: Uint8Array): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#headerKey, salt, MAGIC, MAC_BYTES))
  }

  #keyOf(salt: Buffer): FileKey {
    return { salt, key: Buffer.from(hkdfSync('sha256', this.#master, salt, 'vigia file', 32)) }
  }
}

/**
 * Encrypts, or decrypts, what is the same.
 *
 * @param position - of the first byte in the content
 * @returns new buffers, as long as those given
 */
export function crypt({ key }: FileKey, buffers: readonly Uint8Array[], position: number): Buffer[] {
  const counter = Buffer.alloc(AES_BLOCK)
  counter.writeBigUInt64BE(BigInt(Math.floor(position / AES_BLOCK)), 8)
  const cipher = createCipheriv('aes-256-ctr', key, counter)
  const skipped = position % AES_BLOCK
  if (skipped > 0) cipher.update(Buffer.alloc(skipped))
  return buffers.map((bytes) => cipher.update(bytes))
}
