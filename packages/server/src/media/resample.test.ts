import { describe, expect, it } from 'vitest'
import { bestLag, tone, toneDb, voiceLike } from '../../test/helpers/signals.ts'
import { resample } from './resample.ts'

const SOURCE_DB = 20 * Math.log10(0.5)

describe('resample', () => {
  it.each([8500, 9000, 10_000, 15_000, 20_000])(
    'removes a %i Hz tone, which 16 kHz cannot hold, by at least 60 dB',
    (frequency) => {
      const output = resample(tone(frequency, 48_000, 500), 48_000, 16_000).subarray(200, -200)
      expect(toneDb(output, Math.abs(16_000 - frequency), 16_000)).toBeLessThan(SOURCE_DB - 60)
    },
  )

  it.each([100, 1000, 4000, 7000])('keeps a %i Hz tone within half a decibel', (frequency) => {
    for (const rate of [44_100, 48_000, 24_000, 16_001]) {
      const output = resample(tone(frequency, rate, 500), rate, 16_000).subarray(200, -200)
      expect(Math.abs(toneDb(output, frequency, 16_000) - SOURCE_DB)).toBeLessThan(0.5)
    }
  })

  it('makes no image when it raises 8 kHz to 16 kHz', () => {
    const output = resample(tone(3000, 8000, 500), 8000, 16_000).subarray(200, -200)
    expect(Math.abs(toneDb(output, 3000, 16_000) - SOURCE_DB)).toBeLessThan(0.1)
    expect(toneDb(output, 5000, 16_000)).toBeLessThan(SOURCE_DB - 60)
  })

  it.each([8000, 11_025, 16_001, 22_050, 44_100, 47_999, 48_000])(
    'delays nothing and returns from %i Hz what went there',
    (rate) => {
      const original = voiceLike(8000, 1000)
      const there = resample(original, 8000, rate)
      const back = resample(there, rate, 8000)
      const { lag, db } = bestLag(original.subarray(100, -100), back.subarray(100, -100), 5)
      expect(lag).toBe(0)
      expect(db).toBeGreaterThan(15) // what is lost is the band above the roll-off
    },
  )

  it('clips instead of wrapping round', () => {
    const square = Int16Array.from({ length: 4800 }, (_, i) => (i % 480 < 240 ? 32767 : -32768))
    const output = resample(square, 48_000, 16_000)
    expect(output.some((value) => value === 32767)).toBe(true)
    for (let i = 1; i < 79; i++) expect(output[i]!).toBeGreaterThan(0)
  })
})
