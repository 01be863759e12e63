import { VigiaError } from '@vigia/protocol'
import sharp, { type JpegOptions } from 'sharp'
import { describe, expect, test } from 'vitest'
import { inspectPhoto } from './inspect-photo.ts'
import { isoHeader, jpegHeader, pngHeader, webpHeader } from './testing/header-bytes.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

function refusal(bytes: Uint8Array): VigiaError {
  try {
    inspectPhoto(bytes)
  } catch (error) {
    if (VigiaError.is(error)) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('inspectPhoto', () => {
  test.each([
    ['image/jpeg', jpegHeader(4000, 3000)],
    ['image/png', pngHeader(4000, 3000)],
    ['image/webp', webpHeader(4000, 3000, false)],
    ['image/avif', isoHeader(['avif', 'mif1'], [[3000, 2000]])],
  ])('reads type and size of %s from the header alone', (mime, bytes) => {
    const [width, height] = mime === 'image/avif' ? [3000, 2000] : [4000, 3000]
    expect(inspectPhoto(bytes)).toMatchObject({ mime, width, height, animated: false })
  })

  test('counts the largest picture of an AVIF made of tiles', () => {
    const bytes = isoHeader(
      ['avif'],
      [
        [64, 64],
        [9000, 9000],
        [512, 512],
      ],
    )
    expect(refusal(bytes).code).toBe('image_too_large')
  })

  test('refuses what a decoder would have to hold whole in too much memory, and says what would fit', () => {
    expect(inspectPhoto(isoHeader(['avif'], [[2600, 2000]])).height).toBe(2000)
    expect(refusal(isoHeader(['avif'], [[2600, 2000]], true)).code).toBe('image_too_large')
    const error = refusal(isoHeader(['avif'], [[4000, 3000]]))
    expect([error.code, error.hint]).toEqual(['image_too_large', 'Scale it down before sending, or send JPEG.'])
    expect(error.message).toContain('may have 7500000 pixels, got 4000 × 3000')
    const interlaced = pngHeader(6000, 6000)
    interlaced.set([16, 6, 0, 0, 1], 24)
    expect(refusal(interlaced).code).toBe('image_too_large')
    expect(inspectPhoto(pngHeader(6000, 6000)).heldBytes).toBe(0)
  })

  test('counts the coefficients of a JPEG in several scans, after how its colours are sampled', async () => {
    const picture = sharp({ create: { width: 100, height: 80, channels: 3, background: '#456' } })
    const heldBy = async (options: JpegOptions) => inspectPhoto(await picture.clone().jpeg(options).toBuffer()).heldBytes
    expect(await heldBy({})).toBe(0)
    expect(await heldBy({ progressive: true, chromaSubsampling: '4:2:0' })).toBe(26_400)
    expect(await heldBy({ progressive: true, chromaSubsampling: '4:4:4' })).toBe(52_800)
    const grave = await picture.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()
    const size = grave.indexOf(Buffer.from([0xff, 0xc2])) + 5
    grave.writeUInt16BE(5400, size)
    grave.writeUInt16BE(7200, size + 2)
    expect(refusal(grave).code).toBe('image_too_large')
  })

  test('a JPEG whose first scan lacks colours has further scans, and is held', async () => {
    const jpeg = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#456' } })
      .jpeg()
      .toBuffer()
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]))
    jpeg[scan + 4] = 1
    expect(inspectPhoto(jpeg).heldBytes).toBeGreaterThan(0)
  })

  test('notices animations', () => {
    expect(inspectPhoto(webpHeader(10, 10, true)).animated).toBe(true)
    expect(inspectPhoto(pngHeader(10, 10, ['acTL'])).animated).toBe(true)
    expect(inspectPhoto(isoHeader(['avis'], [[10, 10]])).animated).toBe(true)
  })

  test('refuses a PNG that states 50 000 × 50 000 pixels', () => {
    const error = refusal(pngHeader(50_000, 50_000))
    expect(error.code).toBe('image_too_large')
    expect(error.message).toContain('50000 × 50000')
  })

  test('refuses more bytes than allowed without reading them', () => {
    expect(refusal(new Uint8Array(15_000_001)).code).toBe('image_too_large')
  })

  test.each([
    ['zero bytes', new Uint8Array()],
    ['a JPEG cut before its size', jpegHeader(4000, 3000).subarray(0, 24)],
    ['a JPEG without height', jpegHeader(4000, 0)],
    ['a JPEG whose scan comes before its size', Uint8Array.from([0xff, 0xd8, 0xff, 0xda, 0, 2])],
    ['a PNG cut in its header', pngHeader(10, 10).subarray(0, 18)],
    ['a WebP cut in its header', webpHeader(10, 10, false).subarray(0, 25)],
    ['an AVIF without a size', isoHeader(['avif'])],
  ])('calls %s invalid', (_, bytes) => {
    expect(refusal(bytes).code).toBe('invalid_image')
  })

  test.each([
    ['text', text('hola, esto no es una foto\n')],
    ['SVG', text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG', text('  <svg onload="alert(1)"/>')],
    ['GIF', text('GIF89a\x01\x00\x01\x00')],
    ['PDF', text('%PDF-1.7')],
    ['TIFF', text('II*\0\x08\0\0\0')],
    ['HEIC', isoHeader(['heic', 'mif1', 'heix'])],
    ['video', isoHeader(['isom', 'mp42'])],
    ['unknown', Uint8Array.from([1, 2, 3, 4])],
  ])('names %s as a format that is not supported', (name, bytes) => {
    const error = refusal(bytes)
    expect(error.code).toBe('unsupported_image')
    expect(error.message).toContain(name)
    expect(error.hint).toBeTruthy()
  })

  test('tells how to make a phone send JPEG when it sends HEIC', () => {
    expect(refusal(isoHeader(['heic'])).hint).toContain('compatible')
  })
})
