import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tone } from '../../test/helpers/signals.ts'
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts'
import { levelDbfs, peakDbfs, SILENCE_DBFS } from './level.ts'
import { averageChannels, toMono } from './mix.ts'
import { PeakMeter } from './peaks.ts'
import { bytesToInt16, decodeSamples, int16ToBytes, toFloat32, toInt16 } from './sample-format.ts'

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)

describe('G.711', () => {
  it('has the values of the recommendation at its ends and around zero', () => {
    expect([...decodeMulaw(Uint8Array.of(0x00, 0x80, 0x7f, 0xff))]).toEqual([-32124, 32124, 0, 0])
    expect([...decodeAlaw(Uint8Array.of(0x2a, 0xaa, 0x55, 0xd5))]).toEqual([-32256, 32256, -8, 8])
  })

  it('encodes each decoded value to its own code, but for the two zeros of mu-law', () => {
    expect(encodeAlaw(decodeAlaw(allBytes))).toEqual(allBytes)
    expect(encodeMulaw(decodeMulaw(allBytes))).toEqual(allBytes.map((byte) => (byte === 0x7f ? 0xff : byte)))
  })

  it('stays within half a quantization step of every sample', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768)
    for (const back of [decodeMulaw(encodeMulaw(samples)), decodeAlaw(encodeAlaw(samples))]) {
      for (let i = 0; i < samples.length; i++) {
        const error = Math.abs(back[i]! - samples[i]!)
        if (error > (Math.abs(samples[i]!) + 132) / 32 + 8 && Math.abs(samples[i]!) < 32_000)
          throw new Error(`${samples[i]} became ${back[i]}`)
      }
    }
  })
})

describe('sample formats', () => {
  it('returns PCM16 from bytes as it went in', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 50 }), (samples) => {
        expect(bytesToInt16(int16ToBytes(samples))).toEqual(samples)
      }),
    )
    expect(bytesToInt16(Uint8Array.of(0x34, 0x12, 0xff))).toEqual(Int16Array.of(0x1234))
  })

  it('returns PCM16 from floats as it went in', () => {
    fc.assert(
      fc.property(fc.int16Array({ maxLength: 50 }), (samples) => {
        expect(toInt16(toFloat32(samples))).toEqual(samples)
      }),
    )
  })

  it('clips floats beyond full scale and makes zero of what is no number', () => {
    const floats = new Uint8Array(Float32Array.of(2, -2, Number.NaN, 0.5).buffer)
    expect(toInt16(decodeSamples(floats, 'f32') as Float32Array)).toEqual(Int16Array.of(32767, -32768, 0, 16384))
  })

  it('reads 8, 24, 32 and 64 bits', () => {
    expect(decodeSamples(Uint8Array.of(0, 128, 255), 'u8')).toEqual(Int16Array.of(-32768, 0, 32512))
    expect(decodeSamples(Uint8Array.of(0, 0, 0x40, 0xff, 0xff, 0xff), 's24')).toEqual(Float32Array.of(0.5, -1 / 2 ** 23))
    expect(decodeSamples(Uint8Array.of(0, 0, 0, 0xc0), 's32')).toEqual(Float32Array.of(-0.5))
    expect(decodeSamples(new Uint8Array(Float64Array.of(0.25).buffer), 'f64')).toEqual(Float32Array.of(0.25))
  })
})

describe('mixing', () => {
  it('averages two channels and leaves out half a frame', () => {
    expect(toMono(Int16Array.of(100, 300, -32768, -32768, 5), 2)).toEqual(Int16Array.of(200, -32768))
    expect(averageChannels([Float32Array.of(1, 0), Float32Array.of(0, -1)])).toEqual(Float32Array.of(0.5, -0.5))
  })
})

describe('levels', () => {
  it('measures a full-scale sine at -3 dBFS and silence at the floor', () => {
    expect(levelDbfs(tone(440, 16_000, 1000, 1))).toBeCloseTo(-3.01, 1)
    expect(peakDbfs(tone(440, 16_000, 1000, 1))).toBeCloseTo(0, 1)
    expect(levelDbfs(new Int16Array(100))).toBe(SILENCE_DBFS)
    expect(levelDbfs(new Int16Array(0))).toBe(SILENCE_DBFS)
  })
})

describe('PeakMeter', () => {
  it('gives the same windows however the samples are cut', () => {
    const samples = tone(50, 1000, 1050, 1)
    const whole = new PeakMeter(1000, 10)
    const expected = [...whole.push(samples), ...whole.end()]
    const meter = new PeakMeter(1000, 10)
    const pairs: number[] = []
    for (let at = 0; at < samples.length; at += 33) pairs.push(...meter.push(samples.subarray(at, at + 33)))
    pairs.push(...meter.end())
    expect(pairs).toEqual(expected)
    expect(pairs).toHaveLength(22)
    expect(pairs.slice(0, 2)).toEqual([-128, 127])
  })
})
