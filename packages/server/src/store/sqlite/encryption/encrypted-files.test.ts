import { expect, it } from 'vitest'
import { FaultFs } from '../testing/fault-fs.ts'
import { TEST_KEY } from '../testing/harness.ts'
import { encryptedFiles } from './encrypted-files.ts'
import { crypt, FileCipher, HEADER_BYTES } from './file-cipher.ts'

const PATH = '/data/file'
const CANARY = Buffer.from('canario '.repeat(700))

async function written(bytes = CANARY, position = 0) {
  const disk = new FaultFs()
  const files = encryptedFiles(disk, TEST_KEY, '/data/tmp')
  const file = await files.open(PATH, { fresh: true })
  await file.write([bytes], position)
  await file.sync()
  await disk.syncDir('/data')
  return { disk, files, file, raw: () => disk.durableBytes(PATH)! }
}

it('leaves nothing of the content on the disk, and two files with the same content have nothing in common', async () => {
  const [one, two] = [await written(), await written()]
  expect(one.raw().includes('canario')).toBe(false)
  expect(one.raw().length).toBe(HEADER_BYTES + CANARY.length)
  const same = one.raw().filter((byte, at) => at >= HEADER_BYTES && byte === two.raw()[at]).length
  expect(same).toBeLessThan(CANARY.length / 20) // by chance one in 256
})

it('has the same key stream wherever reading begins', () => {
  const key = { salt: Buffer.alloc(32), key: Buffer.alloc(32, 7) }
  const [whole] = crypt(key, [Buffer.alloc(100)], 0)
  for (const at of [1, 15, 16, 17, 64]) expect(crypt(key, [Buffer.alloc(100 - at)], at)[0]).toEqual(whole!.subarray(at))
})

it('is read though one of the two copies of the header is damaged; with both damaged it reads as zeros', async () => {
  const { disk, files, raw } = await written()
  const damaged = Buffer.from(raw())
  damaged[10]! ^= 1
  disk.plant(PATH, damaged)
  expect((await files.read(PATH, 0, CANARY.length)).equals(CANARY)).toBe(true)
  damaged[522]! ^= 1
  disk.plant(PATH, damaged)
  expect((await files.read(PATH, 0, CANARY.length)).equals(Buffer.alloc(CANARY.length))).toBe(true)
})

it('does not take what another key wrote for its own', async () => {
  const { disk, raw } = await written()
  expect(new FileCipher(Buffer.alloc(32, 'other')).keyIn(raw())).toBeNull()
  const other = encryptedFiles(disk, Buffer.alloc(32, 'other'), '/data/tmp')
  expect((await other.read(PATH, 0, CANARY.length)).includes('canario')).toBe(false)
})

it('is empty where not even its header came to the disk, and is written anew', async () => {
  const { disk, files, raw } = await written()
  disk.plant(PATH, raw().subarray(0, 700))
  expect(await files.size(PATH)).toBe(0)
  const file = await files.open(PATH)
  await file.write([Buffer.from('otra vez')], 0)
  expect((await files.read(PATH, 0, 99)).toString()).toBe('otra vez')
})

it('keeps a hole of hours a hole', async () => {
  const { files, raw } = await written(CANARY, 100_000)
  expect((await files.read(PATH, 0, 100_000)).equals(Buffer.alloc(100_000))).toBe(true)
  const pages = raw().length / 4096
  const written4k = Array.from({ length: Math.ceil(pages) }, (_, page) => raw().subarray(page * 4096, page * 4096 + 4096))
  expect(written4k.filter((page) => page.some((byte) => byte !== 0)).length).toBeLessThan(5)
})

it('keeps the old file when it cannot be cut, and loses nothing of it', async () => {
  const { disk, files, file } = await written()
  for (const op of ['write', 'sync', 'rename'] as const) {
    disk.failWith = (call) => (call.op === op ? 'ENOSPC' : null)
    await expect(file.truncate(10)).rejects.toThrow('ENOSPC')
    disk.failWith = () => null
    expect((await files.read(PATH, 0, CANARY.length)).equals(CANARY)).toBe(true)
    expect(await files.list('/data/tmp')).toEqual([])
  }
  await file.truncate(10)
  expect((await files.read(PATH, 0, 99)).toString()).toBe('canario ca')
  disk.crash()
  expect((await files.read(PATH, 0, 99)).toString()).toBe('canario ca')
})
