import { describe, expect, it } from 'vitest'
import { concatBytes, cut, tone } from '../../test/helpers/signals.ts'
import { createDecoder } from './decoder.ts'
import { encodeMulaw } from './g711.ts'
import { int16ToBytes } from './sample-format.ts'
import { readWav, WAV_HEADER_BYTES, wavHeader, writeWav } from './wav.ts'

const samples = tone(440, 16_000, 200)
const FORMAT = { encoding: 'wav', sampleRate: 16_000, channels: 1 } as const

async function decodeWav(pieces: Uint8Array[]) {
  const decoder = await createDecoder(FORMAT)
  const output = [...pieces.map((piece) => decoder.decode(piece)), decoder.end()].flatMap((part) => [...part])
  return { output, damage: decoder.takeDamage() }
}

/** A header with any format chunk, and a chunk of odd length before the data. */
function wavOf(tag: number, bits: number, data: Uint8Array, rate = 16_000, dataSize = data.length): Uint8Array {
  const header = wavHeader(data.length, rate)
  const view = new DataView(header.buffer)
  view.setUint16(20, tag, true)
  view.setUint16(34, bits, true)
  view.setUint32(40, dataSize, true)
  const odd = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')
  return concatBytes([header.subarray(0, 36), odd, header.subarray(36), data])
}

describe('wav', () => {
  it('reads what it wrote', () => {
    expect(readWav(writeWav(samples, 16_000))).toEqual({ sampleRate: 16_000, channels: 1, samples })
    expect(wavHeader(1000, 8000)).toHaveLength(WAV_HEADER_BYTES)
  })

  it('decodes a stream cut anywhere, with other chunks before and after the data', async () => {
    const file = concatBytes([wavOf(1, 16, int16ToBytes(samples)), Buffer.from('junk\x04\0\0\0zzzz', 'latin1')])
    for (const sizes of [[1], [7, 3], [100_000]]) {
      const { output, damage } = await decodeWav(cut(file, sizes))
      expect(output).toEqual([...samples])
      expect(damage).toEqual([])
    }
  })

  it.each([0, 0x7fffffff, 0xffffffff])('takes a data size of %i as "until the stream ends"', async (size) => {
    expect((await decodeWav([wavOf(1, 16, int16ToBytes(samples), 16_000, size)])).output).toEqual([...samples])
  })

  it('decodes mu-law at 8 kHz to 16 kHz', async () => {
    const { output } = await decodeWav([wavOf(7, 8, encodeMulaw(tone(440, 8000, 200)), 8000)])
    expect(output).toHaveLength(3200)
  })

  it('decodes 24 bits and floats to nearly the same samples', async () => {
    const bits24 = concatBytes([...samples].map((s) => Uint8Array.of(0, s & 0xff, (s >> 8) & 0xff)))
    const floats = new Uint8Array(Float32Array.from(samples, (s) => s / 32768).buffer)
    expect((await decodeWav([wavOf(1, 24, bits24)])).output).toEqual([...samples])
    expect((await decodeWav([wavOf(3, 32, floats)])).output).toEqual([...samples])
  })

  it('refuses what is not WAV at once and says what it is', async () => {
    await expect(decodeWav([Buffer.from('OggS and more bytes')])).rejects.toMatchObject({
      code: 'invalid_audio',
      message: expect.stringContaining('Ogg'),
    })
    expect(() => readWav(Buffer.from('no'))).toThrow(expect.objectContaining({ code: 'invalid_audio' }))
  })

  it.each([
    ['compressed samples', wavOf(85, 16, new Uint8Array(4))],
    ['a rate of 96 kHz', wavOf(1, 16, new Uint8Array(4), 96_000)],
  ])('refuses %s', async (_, file) => {
    await expect(decodeWav([file])).rejects.toMatchObject({ code: 'invalid_audio' })
  })

  it('reports a stream that ends inside a sample', async () => {
    const { damage } = await decodeWav([wavOf(1, 16, Uint8Array.of(1, 2, 3), 16_000, 0)])
    expect(damage).toEqual([{ bytes: 1, reason: 'the stream ends inside a sample', atMs: 1 / 16 }])
  })
})
