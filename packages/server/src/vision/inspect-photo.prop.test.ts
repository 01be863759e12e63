import { VigiaError } from '@vigia/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inspectPhoto, PHOTO_LIMITS } from './inspect-photo.ts'
import { isoHeader, jpegHeader, pngHeader, webpHeader } from './testing/header-bytes.ts'

const size = fc.integer({ min: 1, max: 6000 })
const picture = fc.oneof(
  fc.tuple(size, size).map(([w, h]) => jpegHeader(w, h)),
  fc.tuple(size, size).map(([w, h]) => pngHeader(w, h, ['gAMA'])),
  fc.tuple(size, size).map(([w, h]) => webpHeader(w, h, false)),
  fc.tuple(size, size).map(([w, h]) => isoHeader(['avif'], [[w, h]])),
)

test('any damage gives a size within the limits or an error with a code, never anything else', () => {
  const damage = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 })
  fc.assert(
    fc.property(picture, damage, fc.nat(100), (bytes, changes, length) => {
      const damaged = Uint8Array.from(bytes.subarray(0, length))
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value
      try {
        const header = inspectPhoto(damaged)
        expect(header.width * header.height).toBeLessThanOrEqual(PHOTO_LIMITS.maxPixels)
        expect(Math.min(header.width, header.height)).toBeGreaterThan(0)
      } catch (error) {
        expect(VigiaError.is(error)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})
