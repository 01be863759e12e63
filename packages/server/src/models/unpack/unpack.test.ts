import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bunzip2 } from './bzip2.ts'
import { untar } from './tar.ts'
import { unpackArchive } from './unpack.ts'

const hasBzip2 = (() => {
  try {
    execFileSync('bzip2', ['--version'], { input: '', stdio: ['pipe', 'ignore', 'ignore'] })
    return true
  } catch {
    return false
  }
})()

/** `bzip2` of "hola hola hola\n", made with bzip2 1.0.8. */
const HOLA = Buffer.from('QlpoOTFBWSZTWUchXnQAAARRAAAQQAAgRKAAIbUwgwBlIpjHi7kinChII5CvOgA=', 'base64')

const bytesOf = (parts: Iterable<Uint8Array>): Buffer => Buffer.concat([...parts])

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-unpack-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function archive(name: string, files: Record<string, Buffer>): Promise<string> {
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name, file)), { recursive: true })
    await writeFile(path.join(dir, name, file), bytes)
  }
  execFileSync('tar', ['-cjf', `${name}.tar.bz2`, name], { cwd: dir })
  return path.join(dir, `${name}.tar.bz2`)
}

describe('bunzip2', () => {
  it('reads a known archive', () => {
    expect(bytesOf(bunzip2([HOLA])).toString()).toBe('hola hola hola\n')
  })

  it.skipIf(!hasBzip2)('gives back what bzip2 packed, whatever it was', () => {
    const patterns = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }),
      fc
        .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 6000 }))
        .map(([byte, n]) => new Uint8Array(n).fill(byte)),
      fc.array(fc.constantFrom('hola ', 'uno', 'aaaaaaa', '\n'), { maxLength: 800 }).map((words) => Buffer.from(words.join(''))),
    )
    fc.assert(
      fc.property(patterns, fc.integer({ min: 1, max: 9 }), (bytes, level) => {
        const packed = execFileSync('bzip2', ['-c', `-${level}`], { input: bytes })
        expect(bytesOf(bunzip2([packed])).equals(Buffer.from(bytes))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it.skipIf(!hasBzip2)('reads several blocks and streams, cut anywhere', () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) % 251))
    const packed = Buffer.concat([
      execFileSync('bzip2', ['-c', '-1'], { input: bytes }),
      execFileSync('bzip2', ['-c'], { input: 'fin' }),
    ])
    const pieces = Array.from({ length: Math.ceil(packed.length / 7) }, (_, at) => packed.subarray(at * 7, at * 7 + 7))
    expect(bytesOf(bunzip2(pieces)).equals(Buffer.concat([bytes, Buffer.from('fin')]))).toBe(true)
  })

  it.skipIf(!hasBzip2)('refuses damaged and cut archives', () => {
    const packed = execFileSync('bzip2', ['-c'], { input: Buffer.alloc(5000, 'hola que tal ') })
    const damaged = Buffer.from(packed)
    damaged[Math.floor(damaged.length / 2)]! ^= 0x10
    expect(() => bytesOf(bunzip2([damaged]))).toThrow(/damaged/)
    expect(() => bytesOf(bunzip2([packed.subarray(0, packed.length - 6)]))).toThrow(/middle/)
    expect(() => bytesOf(bunzip2([Buffer.from('PK no bzip2')]))).toThrow(/header/)
  })
})

describe('unpackArchive', () => {
  it.skipIf(!hasBzip2)('lays the files of the folder out without its name', async () => {
    const model = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256))
    const file = await archive('voz', { 'voz.onnx': model, 'espeak-ng-data/lang/es': Buffer.from('es') })
    const folder = path.join(dir, 'out')
    const files = await unpackArchive({ archive: file, folder, strip: 'voz', maxBytes: 1e6 })
    expect(files.map(({ path }) => path).sort()).toEqual(['espeak-ng-data/lang/es', 'voz.onnx'])
    expect((await readFile(path.join(folder, 'voz.onnx'))).equals(model)).toBe(true)
  })

  it.skipIf(!hasBzip2)('refuses more bytes than it was allowed, and links', async () => {
    const file = await archive('grande', { a: Buffer.alloc(5000) })
    const order = { archive: file, folder: path.join(dir, 'out2'), strip: 'grande' }
    await expect(unpackArchive({ ...order, maxBytes: 4999 })).rejects.toMatchObject({ code: 'model_invalid' })
    await mkdir(path.join(dir, 'enlace'))
    await symlink('/etc/passwd', path.join(dir, 'enlace', 'a'))
    const linked = await archive('enlace', {})
    await expect(
      unpackArchive({ archive: linked, folder: path.join(dir, 'out3'), strip: 'enlace', maxBytes: 1e6 }),
    ).rejects.toMatchObject({ code: 'model_invalid' })
  })
})

describe('untar', () => {
  const head = (name: string): Uint8Array => {
    const block = Buffer.alloc(512)
    block.write(name)
    block.write('00000000000', 124)
    block.write('        ', 148)
    block.write('0', 156)
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    return block
  }

  it.each(['../fuera', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\b'])('refuses the path %s', (name) => {
    expect(() => [...untar([head(name)])]).toThrow(/leaves the folder/)
  })

  it('refuses a head with a wrong checksum', () => {
    const block = head('a')
    block[0] = 0x62
    expect(() => [...untar([block])]).toThrow(/checksum/)
  })
})
