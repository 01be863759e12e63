import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { stripJpeg } from './strip-jpeg.ts'

const MAX_EDGE = 1280
const strip = (bytes: Uint8Array) => stripJpeg(bytes, { maxEdge: MAX_EDGE })

/** A picture with shapes, so that its coded data is not all the same. */
function shapes(width = 320, height = 200) {
  const disc = `<circle cx="${width / 3}" cy="${height / 2}" r="${height / 3}" fill="#e06010"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#3060a0"/>${disc}</svg>`
  return sharp(Buffer.from(svg))
}

const WITH_PLACE = {
  IFD0: { Make: 'SecretCam', ImageDescription: 'casa de Ana' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '40/1 25/1 0/1' },
}

const pixelsOf = (jpeg: Uint8Array): Promise<Buffer> => sharp(jpeg).raw().toBuffer()

/** Puts a segment behind the start of a JPEG. */
function withSegment(jpeg: Uint8Array, marker: number, content: string): Buffer {
  const data = Buffer.from(content, 'latin1')
  const head = Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255])
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)])
}

/** Codes of the marker segments before the first scan. */
function segmentsOf(jpeg: Uint8Array): number[] {
  const codes: number[] = []
  for (let at = 2; jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; at += 2 + ((jpeg[at + 2]! << 8) | jpeg[at + 3]!))
    codes.push(jpeg[at + 1]!)
  return codes
}

let plain: Buffer
beforeAll(async () => {
  plain = await shapes().jpeg().toBuffer()
})

describe('a JPEG that may be kept', () => {
  test.each([
    ['baseline', () => shapes().jpeg()],
    ['progressive', () => shapes().jpeg({ progressive: true })],
    ['without subsampled colours', () => shapes().jpeg({ chromaSubsampling: '4:4:4' })],
    ['of odd size', () => shapes(33, 17).jpeg()],
    ['of the largest size', () => shapes(MAX_EDGE, 700).jpeg()],
  ])('%s: has the same pixels and nothing else', async (_, make) => {
    const jpeg = await make().withExif(WITH_PLACE).toBuffer()
    const stripped = strip(jpeg)
    expect(stripped).not.toBeNull()
    expect((await pixelsOf(stripped!)).equals(await pixelsOf(jpeg))).toBe(true)
    expect(jpeg.includes('SecretCam')).toBe(true)
    expect(Buffer.from(stripped!).includes('SecretCam')).toBe(false)
    expect(segmentsOf(stripped!).filter((code) => code >= 0xe0)).toEqual([0xe0])
    expect(Buffer.from(strip(stripped!)!).equals(stripped!)).toBe(true)
  })

  test.each([
    ['XMP', 0xe1, 'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>41.40338,2.17403</x:xmpmeta>'],
    ['a comment', 0xfe, 'secreto'],
    ['a list of further pictures', 0xe2, 'MPF\0secreto'],
    ['IPTC', 0xed, 'Photoshop 3.0\0secreto'],
    ["Adobe's mark for YCbCr", 0xee, 'Adobe\0\x64\0\0\0\0\x01'],
  ])('loses %s', async (_, marker, content) => {
    const stripped = strip(withSegment(plain, marker, content))
    expect(Buffer.from(stripped!).equals(Buffer.from(strip(plain)!))).toBe(true)
  })

  test('loses what lies behind its end: a second picture, an archive, a script', () => {
    const behind = Buffer.concat([plain, plain, Buffer.from('PK\x03\x04<?php system($_GET["c"]); ?>')])
    expect(Buffer.from(strip(behind)!).equals(Buffer.from(strip(plain)!))).toBe(true)
  })
})

describe('a JPEG that has to be encoded again', () => {
  test.each([
    [
      'larger than the view',
      () =>
        shapes(MAX_EDGE + 1, 20)
          .jpeg()
          .toBuffer(),
    ],
    ['grey', () => shapes().toColourspace('b-w').jpeg().toBuffer()],
    ['CMYK', () => shapes().toColourspace('cmyk').jpeg().toBuffer()],
    ['with a colour profile', () => shapes().withIccProfile('p3').jpeg().toBuffer()],
    ['marked as RGB by Adobe', async () => withSegment(plain, 0xee, 'Adobe\0\x64\0\0\0\0\0')],
    ['cut before its end', async () => plain.subarray(0, plain.length - 40)],
    ['cut in its tables', async () => plain.subarray(0, 60)],
    ['only its start', async () => plain.subarray(0, 2)],
    ['with tables that hide something', async () => withSegment(plain, 0xdb, 'x'.repeat(9000))],
    ['with more bytes than a view needs', () => noise().jpeg({ quality: 100 }).toBuffer()],
    ['with two frames', async () => twoFrames()],
  ])('%s', async (_, make) => {
    expect(strip(await make())).toBeNull()
  })
})

test('whatever is damaged, the answer is null or a JPEG with one application segment, ours', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(damage, fc.nat(40), (changes, cut) => {
      const bytes = Buffer.from(withSegment(plain, 0xfe, 'secreto'))
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      const stripped = strip(bytes.subarray(0, bytes.length - cut))
      if (!stripped) return
      expect([...stripped.subarray(0, 4)]).toEqual([0xff, 0xd8, 0xff, 0xe0])
      expect([...stripped.subarray(-2)]).toEqual([0xff, 0xd9])
      expect(segmentsOf(stripped).filter((code) => code >= 0xe0)).toEqual([0xe0])
    }),
    { numRuns: 300 },
  )
})

function noise() {
  const pixels = Buffer.from(Uint8Array.from({ length: 400 * 300 * 3 }, (_, i) => Math.imul(i, 374_761_393) >>> 24))
  return sharp(pixels, { raw: { width: 400, height: 300, channels: 3 } })
}

/** The frame header once more before the scan. */
function twoFrames(): Buffer {
  const at = plain.indexOf(Buffer.from([0xff, 0xc0]))
  const end = at + 2 + plain.readUInt16BE(at + 2)
  return Buffer.concat([plain.subarray(0, end), plain.subarray(at, end), plain.subarray(end)])
}
