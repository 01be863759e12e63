import { describe, expect, it } from 'vitest'
import { concatSamples, cut, tone, toneDb } from '../../test/helpers/signals.ts'
import { type AudioFormat, createDecoder } from './decoder.ts'
import { encodeAlaw, encodeMulaw } from './g711.ts'
import { int16ToBytes, toFloat32 } from './sample-format.ts'

async function decodeAll(format: AudioFormat, pieces: Uint8Array[]): Promise<Int16Array> {
  const decoder = await createDecoder(format)
  const output = concatSamples([...pieces.map((piece) => decoder.decode(piece)), decoder.end()])
  expect(decoder.takeDamage()).toEqual([])
  decoder.free()
  return output
}

const ENCODERS = {
  pcm16: int16ToBytes,
  pcm_f32: (samples: Int16Array) => new Uint8Array(toFloat32(samples).buffer),
  mulaw: encodeMulaw,
  alaw: encodeAlaw,
} as const

describe('createDecoder, plain samples', () => {
  const formats = (Object.keys(ENCODERS) as (keyof typeof ENCODERS)[]).flatMap((encoding) =>
    [8000, 16_000, 44_100, 48_000].flatMap((sampleRate) => [1, 2].map((channels) => ({ encoding, sampleRate, channels }))),
  )

  it.each(formats)(
    'decodes $encoding, $sampleRate Hz, $channels channel(s), cut anywhere, to the same tone of the same length',
    async (format) => {
      const mono = tone(1000, format.sampleRate, 300)
      const input = format.channels === 1 ? mono : Int16Array.from({ length: mono.length * 2 }, (_, i) => mono[i >> 1]!)
      const bytes = ENCODERS[format.encoding](input)
      const whole = await decodeAll(format, [bytes])
      expect(whole.length).toBe(4800)
      expect(toneDb(whole.subarray(200, -200), 1000, 16_000)).toBeCloseTo(20 * Math.log10(0.5), 0)
      expect(await decodeAll(format, cut(bytes, [1, 3, 511, 7]))).toEqual(whole)
    },
  )

  it('averages the channels of a stereo stream', async () => {
    const stereo = Int16Array.of(1000, -1000, 500, 1500)
    expect(await decodeAll({ encoding: 'pcm16', sampleRate: 16_000, channels: 2 }, [int16ToBytes(stereo)])).toEqual(
      Int16Array.of(0, 1000),
    )
  })

  it('reports half a sample at the end and leaves the rest whole', async () => {
    const decoder = await createDecoder({ encoding: 'pcm16', sampleRate: 16_000, channels: 1 })
    expect(decoder.decode(Uint8Array.of(1, 0, 2, 0, 3))).toEqual(Int16Array.of(1, 2))
    expect(decoder.end()).toHaveLength(0)
    expect(decoder.takeDamage()).toEqual([{ bytes: 1, reason: 'the stream ends inside a sample', atMs: 2 / 16 }])
    expect(decoder.takeDamage()).toEqual([])
  })
})

describe('createDecoder, Opus', () => {
  it('loads no native addon: the gateway process stays memory-safe', async () => {
    const decoder = await createDecoder({ encoding: 'opus', sampleRate: 48_000, channels: 1 })
    decoder.free()
    const report = process.report.getReport() as unknown as { sharedObjects: string[] }
    expect(report.sharedObjects.filter((path) => path.includes('opus'))).toEqual([])
  })
})

describe('createDecoder, refusals', () => {
  it('refuses AAC and says what to do', async () => {
    await expect(createDecoder({ encoding: 'aac', sampleRate: 16_000, channels: 1 })).rejects.toMatchObject({
      code: 'unsupported_codec',
      hint: expect.stringMatching(/node-av.*webm_opus/),
    })
  })

  it.each([
    { sampleRate: 7999, channels: 1 },
    { sampleRate: 48_001, channels: 1 },
    { sampleRate: 16_000.5, channels: 1 },
    { sampleRate: 16_000, channels: 3 },
  ])('refuses $sampleRate Hz with $channels channels', async (format) => {
    await expect(createDecoder({ encoding: 'pcm16', ...format })).rejects.toMatchObject({ code: 'invalid_audio_format' })
  })
})
