import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExifTime } from './exif-time.ts'

/** A TIFF block with an Exif directory of ASCII tags. */
function exif(tags: Record<number, string>, littleEndian = true, prefix = true): Uint8Array {
  const entries = Object.entries(tags)
  const dataAt = 26 + 2 + entries.length * 12 + 4
  const size = dataAt + entries.reduce((sum, [, text]) => sum + text.length + 1, 0)
  const view = new DataView(new ArrayBuffer(size))
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d)
  view.setUint16(2, 42, littleEndian)
  view.setUint32(4, 8, littleEndian)
  view.setUint16(8, 1, littleEndian)
  entry(10, 0x8769, 4, 1, 26)
  view.setUint16(26, entries.length, littleEndian)
  let at = dataAt
  for (const [i, [tag, text]] of entries.entries()) {
    entry(28 + i * 12, Number(tag), 2, text.length + 1, at)
    for (const char of text) view.setUint8(at++, char.charCodeAt(0))
    view.setUint8(at++, 0)
  }
  const tiff = new Uint8Array(view.buffer)
  return prefix ? Uint8Array.from([0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff]) : tiff

  function entry(where: number, tag: number, type: number, count: number, value: number): void {
    view.setUint16(where, tag, littleEndian)
    view.setUint16(where + 2, type, littleEndian)
    view.setUint32(where + 4, count, littleEndian)
    view.setUint32(where + 8, value, littleEndian)
  }
}

const full = { 36867: '2026:05:01 13:59:30', 36881: '+02:00', 37521: '25    ' }

test('reads the capture time with its fraction and offset, in both byte orders', () => {
  expect(readExifTime(exif(full, true))).toBe('2026-05-01T13:59:30.250+02:00')
  expect(readExifTime(exif(full, false, false))).toBe('2026-05-01T13:59:30.250+02:00')
})

test('leaves the offset out where the camera did not state one', () => {
  expect(readExifTime(exif({ 36867: '2026:05:01 13:59:30' }))).toBe('2026-05-01T13:59:30')
})

test.each(['0000:00:00 00:00:00', '    :  :     :  :  ', '2026:13:45 99:00:00', ''])('takes "%s" for no time', (text) => {
  expect(readExifTime(exif({ 36867: text }))).toBeNull()
})

test('damage never does more than lose the time', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 8 }), fc.nat(140), (changes, length) => {
      const block = exif(full).slice(0, length)
      for (const [at, value] of changes) if (at < block.length) block[at] = value
      const time = readExifTime(block)
      expect(time === null || !Number.isNaN(Date.parse(time))).toBe(true)
    }),
    { numRuns: 500 },
  )
})
