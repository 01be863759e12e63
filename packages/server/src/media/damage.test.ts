import { describe, expect, it } from 'vitest'
import { decodePieces, encodeOgg, encodeOpus, encodeWebm, mediaFixture, voice } from '../../test/helpers/media-fixtures.ts'
import { concatBytes, cut, matchDb } from '../../test/helpers/signals.ts'
import { element, header, simpleBlock } from '../../test/helpers/webm.ts'
import { DamageLog } from './damage.ts'
import { createDecoder } from './decoder.ts'
import { OggOpusMuxer } from './ogg-mux.ts'

const original = voice()
/** The last second, where every stream below is whole again. */
const tail = (samples: Int16Array): Int16Array => samples.subarray(24_000, 39_000)

describe('raw Opus', () => {
  it('puts silence in the place of a bad packet and keeps the rest where it belongs', async () => {
    const { packets, preSkip } = encodeOpus(original)
    packets[30] = Uint8Array.of(0xff, 0xff, 0xff)
    packets[31] = new Uint8Array(9000)
    const { samples, damage } = await decodePieces('opus', packets)
    expect(samples.length).toBe(packets.length * 320)
    expect(damage).toEqual([{ bytes: 9003, reason: 'invalid Opus packet', atMs: 600, missingMs: 40 }])
    expect(samples.subarray(30 * 320, 32 * 320).every((sample) => sample === 0)).toBe(true)
    expect(matchDb(tail(original), tail(samples.subarray(preSkip / 3)))).toBeGreaterThan(10)
  })

  it('takes an empty piece for nothing', async () => {
    const { packets } = encodeOpus(original.subarray(0, 3200))
    const withEmpty = packets.flatMap((packet) => [packet, new Uint8Array(0)])
    expect(await decodePieces('opus', withEmpty)).toEqual(await decodePieces('opus', packets))
  })
})

describe('Ogg', () => {
  it('fills lost pages with silence by the granule position', async () => {
    const ogg = encodeOgg(original, 5)
    const pages = splitPages(ogg)
    const { samples, damage } = await decodePieces('ogg_opus', [...pages.slice(0, 8), ...pages.slice(10)])
    expect(damage).toMatchObject([{ bytes: 0, missingMs: 200 }])
    expect(samples.length).toBe(original.length)
    expect(matchDb(tail(original), tail(samples))).toBeGreaterThan(10)
  })

  it('leaves out a page with a wrong checksum, however it is cut', async () => {
    const ogg = encodeOgg(original, 5)
    const at = splitPages(ogg)
      .slice(0, 6)
      .reduce((sum, page) => sum + page.length, 0)
    ogg[at + 100]! ^= 0xff
    const whole = await decodePieces('ogg_opus', [ogg])
    expect(whole.damage).toMatchObject([{ missingMs: 100 }])
    expect(whole.damage[0]!.bytes).toBeGreaterThan(100)
    expect(whole.samples.length).toBe(original.length)
    expect(await decodePieces('ogg_opus', cut(ogg, [1]))).toEqual(whole)
  })

  it('decodes a stream whose header was damaged', async () => {
    const ogg = encodeOgg(original, 5)
    ogg[30]! ^= 0xff
    const { samples, damage } = await decodePieces('ogg_opus', [ogg])
    expect(damage.length).toBeGreaterThan(0)
    expect(matchDb(tail(original), tail(samples))).toBeGreaterThan(10)
  })

  it('does not believe a granule position that jumps by hours', async () => {
    const { packets, preSkip } = encodeOpus(original.subarray(0, 16_000))
    const early = new OggOpusMuxer({ preSkip, packetMs: 20 })
    const pages = [...early.begin(), ...packets.flatMap((packet) => early.push(packet))]
    const late = new OggOpusMuxer({ preSkip, packetMs: 20 })
    for (let i = 0; i < 500_000; i++) late.push(packets[0]!)
    const { samples } = await decodePieces('ogg_opus', [...pages, ...late.push(packets[0]!)])
    expect(samples.length).toBeLessThan(20_000)
  })
})

describe('WebM', () => {
  it('finds its way again after damage in a cluster and fills the loss by the timestamps', async () => {
    const pieces = encodeWebm(original)
    const bytes = concatBytes(pieces)
    const at = pieces.slice(0, 6).reduce((sum, piece) => sum + piece.length, 0)
    bytes.fill(0xa5, at - 40, at + 30)
    const { samples, damage } = await decodePieces('webm_opus', cut(bytes, [77]))
    expect(damage.length).toBeGreaterThan(0)
    expect(Math.abs(samples.length - original.length)).toBeLessThan(960)
    expect(matchDb(tail(original), tail(samples))).toBeGreaterThan(10)
    expect(await decodePieces('webm_opus', [bytes])).toEqual({ samples, damage })
  })

  it('goes on inside a long cluster, without waiting for the next', async () => {
    const bytes = mediaFixture('voice-live.webm')
    bytes.fill(0xff, 4000, 4100)
    const { samples, damage } = await decodePieces('webm_opus', [bytes])
    expect(damage).toHaveLength(1)
    expect(damage[0]!.missingMs).toBeLessThan(120)
    expect(Math.abs(samples.length - original.length)).toBeLessThan(320)
    expect(matchDb(tail(original), tail(samples))).toBeGreaterThan(10)
  })

  it('refuses lacing, counts it, and keeps the time', async () => {
    const { packets, preSkip } = encodeOpus(original.subarray(0, 16_000), 60)
    const blocks = packets.map((packet, i) => simpleBlock(i * 60, packet, i === 5 ? 0x84 : 0x80))
    const cluster = element('1f43b675', element('e7', Uint8Array.of(0)), ...blocks)
    const { samples, damage } = await decodePieces('webm_opus', [header(preSkip, 1), cluster])
    expect(damage[0]).toMatchObject({ reason: 'several packets in one WebM block' })
    expect(samples.length).toBe(packets.length * 960 - preSkip / 3)
  })

  it('passes over a video track', async () => {
    const [head, ...clusters] = encodeWebm(original)
    const track = element('1654ae6b', element('ae', element('d7', Uint8Array.of(2)), element('86', Buffer.from('V_VP8'))))
    const video = element('a3', Uint8Array.of(0x82, 0, 0, 0x80), new Uint8Array(200_000))
    const pieces = [head!, track, ...clusters.flatMap((cluster) => [cluster, video])]
    const { samples, damage } = await decodePieces('webm_opus', pieces)
    expect(damage).toEqual([])
    expect(matchDb(original, samples)).toBeGreaterThan(10)
  })

  it('refuses another codec by name', async () => {
    const block = element('1f43b675', element('e7', Uint8Array.of(0)), simpleBlock(0, new Uint8Array(10)))
    await expect(decodePieces('webm_opus', [header(0, 2, 'A_VORBIS'), block])).rejects.toMatchObject({
      code: 'unsupported_codec',
      message: expect.stringContaining('A_VORBIS'),
    })
  })
})

describe('FLAC and MP3', () => {
  it('replaces a damaged FLAC frame by silence of its length, exactly', async () => {
    const bytes = mediaFixture('voice.flac')
    bytes[20_000]! ^= 0x10
    const { samples, damage } = await decodePieces('flac', [bytes])
    expect(damage).toMatchObject([{ reason: 'damaged FLAC frame', missingMs: 72 }])
    expect(samples.length).toBe(original.length)
    expect(tail(samples)).toEqual(tail(original))
    expect(await decodePieces('flac', cut(bytes, [31]))).toEqual({ samples, damage })
  })

  it('keeps the time over lost MP3 frames', async () => {
    const bytes = mediaFixture('voice-44k1.mp3')
    const { samples, damage } = await decodePieces('mp3', [bytes.subarray(0, 6000), bytes.subarray(7000)])
    expect(damage.length).toBeGreaterThan(0)
    expect(Math.abs(samples.length - original.length)).toBeLessThan(16 * 160)
    const wiped = bytes.slice().fill(0, 6000, 7000)
    const filled = await decodePieces('mp3', [wiped])
    expect(Math.abs(filled.samples.length - original.length)).toBeLessThan(16 * 54)
  })
})

describe('wrong beginnings', () => {
  const wrong = ['ogg_opus', 'webm_opus', 'flac', 'mp3', 'wav'] as const

  it.each(wrong)('%s refuses another container at once and says which', async (encoding) => {
    const other = encoding === 'flac' ? mediaFixture('voice.wav') : mediaFixture('voice.flac')
    await expect(decodePieces(encoding, [other])).rejects.toMatchObject({
      code: 'invalid_audio',
      message: expect.stringContaining(encoding === 'flac' ? 'WAV' : 'FLAC'),
    })
  })

  it.each(wrong)('%s refuses what is no audio at all', async (encoding) => {
    const pieces = cut(new Uint8Array(200_000).fill(0x41), [5000])
    await expect(decodePieces(encoding, pieces)).rejects.toMatchObject({ code: 'invalid_audio' })
  })

  it.each(wrong)('%s accepts an empty stream', async (encoding) => {
    expect(await decodePieces(encoding, [])).toEqual({ samples: new Int16Array(0), damage: [] })
  })
})

describe('DamageLog', () => {
  it('joins what follows directly and stays short', () => {
    const log = new DamageLog()
    log.add({ bytes: 1, reason: 'a', atMs: 0, missingMs: 20 })
    log.add({ bytes: 2, reason: 'a', atMs: 20, missingMs: 20 })
    for (let i = 0; i < 1000; i++) log.add({ bytes: 1, reason: 'b', atMs: 100 * i })
    const entries = log.take()
    expect(entries[0]).toEqual({ bytes: 3, reason: 'a', atMs: 0, missingMs: 40 })
    expect(entries).toHaveLength(64)
    expect(entries.reduce((sum, entry) => sum + entry.bytes, 0)).toBe(1003)
    expect(log.take()).toEqual([])
  })

  it('is handed over piece by piece as the stream goes', async () => {
    const decoder = await createDecoder({ encoding: 'opus', sampleRate: 48_000, channels: 1 })
    expect(decoder.decode(Uint8Array.of(0xff))).toHaveLength(320)
    expect(decoder.takeDamage()).toHaveLength(1)
    decoder.free()
  })
})

function splitPages(ogg: Uint8Array): Uint8Array[] {
  const starts: number[] = []
  for (let at = 0; at >= 0; at = Buffer.from(ogg).indexOf('OggS', at + 1)) starts.push(at)
  return starts.map((start, i) => ogg.subarray(start, starts[i + 1]))
}
