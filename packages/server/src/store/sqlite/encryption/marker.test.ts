import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSqliteStore } from '../sqlite-store.ts'
import { TEST_KEY } from '../testing/harness.ts'
import { MARKER } from './marker.ts'
import { createKeyFile, parseKey, readKeyFile } from './master-key.ts'

let dir: string
let dataDir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-marker-'))
  dataDir = join(dir, 'data')
})
afterEach(async () => await rm(dir, { recursive: true, force: true }))

const open = async (key: Uint8Array | null) => await (await openSqliteStore({ dataDir, key }))[Symbol.asyncDispose]()
const contents = async (): Promise<Record<string, string>> => {
  const names = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const pairs = names.map(async ({ parentPath, name }) => [name, (await readFile(join(parentPath, name))).toString('hex')])
  return Object.fromEntries(await Promise.all(pairs))
}

it('an encrypted directory is opened by its own key only, and is not touched by another', async () => {
  await open(TEST_KEY)
  await writeFile(join(dataDir, 'tmp', 'half'), 'x') // the first thing that an opened store empties
  const before = await contents()
  expect(Object.keys(before)).toContain(MARKER)
  for (const key of [null, Buffer.alloc(32, 'other')])
    await expect(open(key)).rejects.toMatchObject({ code: 'encryption_key_mismatch' })
  expect(await contents()).toEqual(before)
  await open(TEST_KEY)
})

it('a directory that is not encrypted is not opened with a key, and the way to encrypt it is told', async () => {
  await open(null)
  await expect(open(TEST_KEY)).rejects.toMatchObject({
    code: 'encryption_key_mismatch',
    hint: expect.stringContaining('vigia encryption encrypt'),
  })
  await open(null)
})

it('a lost or damaged marker is said, and never taken for a new directory', async () => {
  await open(TEST_KEY)
  await cp(dataDir, join(dir, 'copy'), { recursive: true })
  await rm(join(dataDir, MARKER))
  await expect(open(TEST_KEY)).rejects.toMatchObject({ code: 'encryption_key_mismatch' })
  await expect(open(null)).rejects.toMatchObject({ code: 'storage_corrupt' })
  await writeFile(join(dataDir, MARKER), '{"format":')
  await expect(open(TEST_KEY)).rejects.toMatchObject({ code: 'storage_corrupt' })
  await cp(join(dir, 'copy', MARKER), join(dataDir, MARKER))
  await open(TEST_KEY)
})

it('a key file holds 32 bytes, as they are, in base64 or in hex; nothing else is taken', async () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i))
  for (const form of [key, `${key.toString('base64')}\n`, key.toString('hex').toUpperCase()])
    expect(parseKey(Buffer.from(form))).toEqual(key)
  for (const form of ['', 'x'.repeat(31), key.toString('base64').slice(3), `${key.toString('hex')}00`])
    expect(parseKey(Buffer.from(form))).toBeNull()
  const path = join(dir, 'short')
  await writeFile(path, 'no key')
  await expect(readKeyFile(path)).rejects.toMatchObject({ code: 'encryption_key_mismatch' })
  await expect(readKeyFile(join(dir, 'none'))).rejects.toMatchObject({ code: 'encryption_key_mismatch' })
})

it('a new key file can be read by its owner only, and none is written over', async () => {
  const path = join(dir, 'key')
  await createKeyFile(path)
  const { key, exposed } = await readKeyFile(path)
  expect([key.length, exposed]).toEqual([32, false])
  await expect(createKeyFile(path)).rejects.toMatchObject({ code: 'conflict' })
  await writeFile(join(dir, 'open'), key, { mode: 0o644 })
  expect((await readKeyFile(join(dir, 'open'))).exposed).toBe(true)
})
