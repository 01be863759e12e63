import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PhotoKind, PhotoMime, PhotoProcessor } from '../../photo-processor.ts'
import { openSharpPhotos } from './sharp-photos.ts'

let photos: PhotoProcessor
const deaths: string[] = []
beforeAll(async () => {
  photos = await openSharpPhotos({ onDeath: ({ reason }) => deaths.push(reason) })
})
afterAll(async () => {
  await photos[Symbol.asyncDispose]()
  expect(deaths).toEqual([])
})

const kindOf = (mime: PhotoMime): PhotoKind => ({ mime, width: 1000, height: 1000, heldBytes: 0 })
const prepare = (bytes: Uint8Array, mime: PhotoMime = 'image/jpeg') =>
  photos.prepare(bytes, kindOf(mime), new AbortController().signal)
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fulfilled',
    (error) => (VigiaError.is(error) ? error.code : error),
  )

/** Red left half, blue right half: shows which way is up. */
function halves(width = 400, height = 200) {
  const blue = { create: { width: width / 2, height, channels: 3 as const, background: '#0000ff' } }
  return sharp({ create: { width, height, channels: 3, background: '#ff0000' } }).composite([
    { input: blue, left: width / 2, top: 0 },
  ])
}
/** Seeded noise: a picture with detail everywhere. */
function noise(width: number, height: number, seed = 1) {
  const pixels = Buffer.alloc(width * height * 3)
  let state = seed
  for (let i = 0; i < pixels.length; i++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    pixels[i] = state >> 16
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}

describe('prepare', () => {
  test.each([
    ['image/jpeg', () => noise(2000, 1000).jpeg().toBuffer()],
    ['image/png', () => noise(2000, 1000).png({ compressionLevel: 1 }).toBuffer()],
    ['image/webp', () => noise(2000, 1000).webp({ effort: 0 }).toBuffer()],
    ['image/avif', () => noise(2000, 1000).avif({ effort: 0, quality: 30 }).toBuffer()],
  ] as const)('turns %s into a JPEG of at most 1280 px and a thumbnail of 320', async (mime, make) => {
    const photo = await prepare(await make(), mime)
    expect(photo).toMatchObject({ width: 2000, height: 1000, exifTime: null })
    expect(await sharp(photo.view).metadata()).toMatchObject({ format: 'jpeg', width: 1280, height: 640, space: 'srgb' })
    expect(await sharp(photo.thumb).metadata()).toMatchObject({ format: 'jpeg', width: 320, height: 160 })
    expect(photo.dhash).toMatch(/^[0-9a-f]{16}$/)
  })

  test('does not enlarge small photos', async () => {
    const photo = await prepare(await halves(100, 50).jpeg().toBuffer())
    expect(await sharp(photo.view).metadata()).toMatchObject({ width: 100, height: 50 })
  })

  test('applies the rotation that EXIF states, and swaps width and height', async () => {
    const turned = await prepare(await halves().withMetadata({ orientation: 6 }).jpeg().toBuffer())
    expect(turned).toMatchObject({ width: 200, height: 400 })
    const { data } = await sharp(turned.view).raw().toBuffer({ resolveWithObject: true })
    expect([data[0]! > 200, data[2]! < 60]).toEqual([true, true]) // the left half, red, is on top now
    const last = data.subarray(-3)
    expect([last[0]! < 60, last[2]! > 200]).toEqual([true, true])
  })

  test('leaves no metadata in what is stored: no position, no camera, no comment', async () => {
    const secret = await halves()
      .withExif({
        IFD0: { Make: 'SecretCam', ImageDescription: 'casa de Ana' },
        IFD2: { DateTimeOriginal: '2026:05:01 13:59:30', OffsetTimeOriginal: '+02:00' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '40/1 25/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '3/1 42/1 0/1' },
      })
      .jpeg()
      .toBuffer()
    expect(secret.includes('SecretCam')).toBe(true)
    const photo = await prepare(secret)
    expect(photo.exifTime).toBe('2026-05-01T13:59:30+02:00')
    for (const stored of [photo.view, photo.thumb]) {
      const metadata = await sharp(stored).metadata()
      expect([metadata.exif, metadata.xmp, metadata.iptc, metadata.icc]).toEqual([undefined, undefined, undefined, undefined])
      expect(Buffer.from(stored).includes('SecretCam')).toBe(false)
      expect(Buffer.from(stored).includes('Exif')).toBe(false)
    }
  })

  test('a file that is a photo and something else as well keeps only the photo', async () => {
    const polyglot = Buffer.concat([await halves().jpeg().toBuffer(), Buffer.from('<?php system($_GET["c"]); ?> PK\x03\x04')])
    const photo = await prepare(polyglot)
    expect(Buffer.from(photo.view).includes('php')).toBe(false)
    expect(photo.width).toBe(400)
  })

  test('reads CMYK, 16 bits a channel, grey, transparency and animations', async () => {
    const cmyk = await halves().toColourspace('cmyk').jpeg().toBuffer()
    const deep = await halves().toColourspace('rgb16').png().toBuffer()
    const grey = await noise(64, 64).toColourspace('b-w').png().toBuffer()
    const clear = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer()
    const frames = await sharp([await halves().png().toBuffer(), await noise(400, 200).png().toBuffer()], {
      join: { animated: true },
    })
      .webp()
      .toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    expect((await prepare(cmyk)).colors.toSorted()).toEqual(['azul', 'rojo'])
    expect((await prepare(deep, 'image/png')).colors.toSorted()).toEqual(['azul', 'rojo'])
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect((await prepare(grey, 'image/png')).colors).toContain('gris')
    expect((await prepare(clear, 'image/png')).light).toBe(255)
    expect(await prepare(frames, 'image/webp')).toMatchObject({ width: 400, height: 200 })
  })

  test('measures light, sharpness and likeness', async () => {
    const sharpPhoto = await prepare(await noise(800, 600).jpeg().toBuffer())
    const blurred = await prepare(await noise(800, 600).blur(4).jpeg().toBuffer())
    const blank = await prepare(
      await sharp({ create: { width: 800, height: 600, channels: 3, background: '#202020' } })
        .jpeg()
        .toBuffer(),
    )
    expect(sharpPhoto.sharpness).toBeGreaterThan(20 * blurred.sharpness)
    expect(blank.sharpness).toBe(0)
    expect(blank.light).toBeCloseTo(32, 0)
    expect(blank.colors).toEqual(['negro'])
  })
})

describe('a JPEG that is small, upright and plain already', () => {
  test('is kept as it is coded; one that is turned or has a colour profile is encoded again', async () => {
    const plain = await halves().jpeg().toBuffer()
    const turned = await halves().withMetadata({ orientation: 3 }).jpeg().toBuffer()
    const wide = await halves().withIccProfile('p3').jpeg().toBuffer()
    const codedData = (jpeg: Uint8Array) => Buffer.from(jpeg).subarray(Buffer.from(jpeg).indexOf(Buffer.from([0xff, 0xda])))
    expect(codedData((await prepare(plain)).view).equals(codedData(plain))).toBe(true)
    expect(codedData((await prepare(turned)).view).equals(codedData(turned))).toBe(false)
    const forModels = await photos.prepare(plain, { ...kindOf('image/jpeg'), encode: true }, new AbortController().signal)
    expect(codedData(forModels.view).equals(codedData(plain))).toBe(false)
    const { data } = await sharp((await prepare(wide)).view)
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([data[0]! > 245, data[2]! < 12]).toEqual([true, true])
    expect((await sharp((await prepare(wide)).view).metadata()).icc).toBeUndefined()
  })

  test('is measured like the same picture in another format', async () => {
    const picture = await noise(1280, 960).blur(1).png().toBuffer()
    const [asJpeg, asPng] = [
      await prepare(await sharp(picture).jpeg({ quality: 95 }).toBuffer()),
      await prepare(picture, 'image/png'),
    ]
    expect(asJpeg.light).toBeCloseTo(asPng.light, 0)
    expect(asJpeg.sharpness / asPng.sharpness).toBeGreaterThan(0.8)
    expect(asJpeg.sharpness / asPng.sharpness).toBeLessThan(1.25)
    expect(asJpeg.colors).toEqual(asPng.colors)
  })
})

describe('a photo that ends the process', () => {
  const entry = new URL('./testing/dying-photo-child.ts', import.meta.url)
  const signal = new AbortController().signal

  test('ends nothing else: photos decoded beside it are decoded again, each alone', async () => {
    const reasons: string[] = []
    await using dying = await openSharpPhotos({ entry, parallel: 3, onDeath: ({ reason }) => reasons.push(reason) })
    const all = [1, 0, 2].map((first) => dying.prepare(Uint8Array.of(first), kindOf('image/jpeg'), signal))
    const [before, hostile, after] = await Promise.allSettled(all)
    expect(before).toMatchObject({ status: 'fulfilled', value: { light: 1 } })
    expect(after).toMatchObject({ status: 'fulfilled', value: { light: 2 } })
    expect(hostile).toMatchObject({ status: 'rejected', reason: { code: 'engine_crashed' } })
    expect(reasons).toEqual(['exit code 7', 'exit code 7'])
  }, 30_000)

  test('is not tried again when it was alone', async () => {
    const reasons: string[] = []
    await using dying = await openSharpPhotos({ entry, onDeath: ({ reason }) => reasons.push(reason) })
    expect(await codeOf(dying.prepare(Uint8Array.of(0), kindOf('image/jpeg'), signal))).toBe('engine_crashed')
    expect(reasons).toHaveLength(1)
  }, 30_000)
})

describe('hostile pictures', () => {
  test.each([
    ['cut in the middle', async () => (await noise(600, 400).jpeg().toBuffer()).subarray(0, 20_000)],
    ['only a header', async () => Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 1, 0, 1, 0, 1, 1, 0x11, 0])],
    ['an SVG said to be a JPEG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a GIF said to be a JPEG', async () => halves().gif().toBuffer()],
    ['a TIFF said to be a JPEG', async () => halves().tiff().toBuffer()],
    ['a PNG said to be a JPEG', async () => halves().png().toBuffer()],
  ])('%s is invalid', async (_, make) => {
    expect(await codeOf(prepare(await make()))).toBe('invalid_image')
  })

  test('one with more pixels than allowed is refused before they are unfolded', async () => {
    const huge = await sharp({
      create: { width: 7000, height: 7000, channels: 3, background: '#123456' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer()
    const startedMs = performance.now()
    expect(await codeOf(prepare(huge, 'image/png'))).toBe('image_too_large')
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('random damage gives a photo or an error with a code, and the process lives on', async () => {
    const original = await noise(200, 150).jpeg().toBuffer()
    for (let seed = 1; seed <= 40; seed++) {
      const damaged = Buffer.from(original)
      for (let i = 0; i < seed; i++) damaged[(seed * 7919 + i * 104_729) % damaged.length] = (seed * 31 + i * 17) & 255
      expect(['fulfilled', 'invalid_image', 'image_too_large']).toContain(await codeOf(prepare(damaged)))
    }
  })

  test('an aborted request rejects with the reason of its signal', async () => {
    const reason = new Error('client left')
    await expect(photos.prepare(Buffer.alloc(10), kindOf('image/jpeg'), AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

const shared = [process.env.VIGIA_SHARED, join(process.cwd(), '../shared')]
  .flatMap((dir) => (dir ? [join(dir, 'photos')] : []))
  .find((dir) => existsSync(dir))

describe.skipIf(!shared)('real photos (skipped where the shared folder is missing)', () => {
  const files = shared ? readdirSync(shared).filter((file) => /\.(jpg|png)$/.test(file)) : []

  test('are near duplicates of their recompressed selves and of nothing else', async () => {
    const bits = (a: string, b: string) => (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '').length
    const hashes: string[] = []
    for (const file of files) {
      const bytes = readFileSync(join(shared!, file))
      const photo = await prepare(bytes, file.endsWith('png') ? 'image/png' : 'image/jpeg')
      const again = await prepare(await sharp(bytes).jpeg({ quality: 40 }).toBuffer())
      expect(bits(photo.dhash, again.dhash)).toBeLessThanOrEqual(6)
      for (const other of hashes) expect(bits(photo.dhash, other)).toBeGreaterThan(6)
      expect(photo.sharpness).toBeGreaterThan(130)
      hashes.push(photo.dhash)
    }
  })
})
