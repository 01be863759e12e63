import type { Encoding } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { decodePieces, encodeOgg, encodeOpus, encodeWebm, mediaFixture, voice } from '../../test/helpers/media-fixtures.ts'
import { bestLag, cut, matchDb } from '../../test/helpers/signals.ts'
import { sniff } from './sniff.ts'

const original = voice()

/** Signal-to-error bounds in dB are 3 dB below what was measured; they say that the codec carries this very signal. */
const FILES: [file: string, encoding: Encoding, minDb: number][] = [
  ['voice.wav', 'wav', 100],
  ['voice.flac', 'flac', 100],
  ['voice-44k1-stereo-24.flac', 'flac', 35],
  ['voice-44k1.mp3', 'mp3', 22],
  ['voice-44k1-stereo-vbr.mp3', 'mp3', 28],
  ['voice-1s-pages.ogg', 'ogg_opus', 15],
  ['voice-20ms-pages.ogg', 'ogg_opus', 15],
  ['voice-live.webm', 'webm_opus', 15],
  ['voice-file.webm', 'webm_opus', 15],
]

describe.each(FILES)('%s', (file, encoding, minDb) => {
  const bytes = mediaFixture(file)

  it('decodes to the original: same length, no shift, same signal', async () => {
    const { samples, damage } = await decodePieces(encoding, [bytes])
    expect(damage).toEqual([])
    expect(Math.abs(samples.length - original.length)).toBeLessThanOrEqual(16)
    const { lag, db } = bestLag(original, samples, 20)
    expect(Math.abs(lag)).toBeLessThanOrEqual(1)
    expect(db).toBeGreaterThan(minDb)
  })

  it('decodes the same however it is cut', async () => {
    const whole = await decodePieces(encoding, [bytes])
    for (const sizes of [[1], [13, 1, 700], [4096]]) expect(await decodePieces(encoding, cut(bytes, sizes))).toEqual(whole)
  })

  it('is recognized by its first bytes', () => {
    expect(sniff(bytes)).toBe(encoding === 'webm_opus' ? 'webm' : encoding)
  })
})

describe('other streams', () => {
  it('decodes what Chromium’s MediaRecorder sends: 33 clusters of 120 ms, each of unknown size', async () => {
    const bytes = mediaFixture('voice-mediarecorder.webm')
    const { samples, damage } = await decodePieces('webm_opus', cut(bytes, [509]))
    expect(damage).toEqual([])
    expect(samples.length).toBe(33 * 120 * 16)
    expect(bestLag(original.subarray(0, 16_000), samples.subarray(0, 24_000), 200).db).toBeGreaterThan(8)
  })

  it('decodes MP3 without a Xing header, which does not tell the 1105 samples of encoder delay', async () => {
    const { samples, damage } = await decodePieces('mp3', cut(mediaFixture('voice-16k-noxing.mp3'), [100]))
    expect(damage).toEqual([])
    expect(bestLag(original, samples, 1200)).toMatchObject({ lag: 1105 })
  })

  it('decodes raw Opus packets, delayed by what the encoder says', async () => {
    const { packets, preSkip } = encodeOpus(original)
    const { samples, damage } = await decodePieces('opus', packets)
    expect(damage).toEqual([])
    expect(samples.length).toBe(packets.length * 320)
    expect(matchDb(original, samples, preSkip / 3)).toBeGreaterThan(10)
  })

  it('decodes what our own muxers write, to the very length', async () => {
    for (const perPage of [1, 7, 50]) {
      const ogg = await decodePieces('ogg_opus', [encodeOgg(original, perPage)])
      expect(ogg.damage).toEqual([])
      expect(ogg.samples.length).toBe(original.length)
      expect(matchDb(original, ogg.samples)).toBeGreaterThan(10)
    }
    const webm = await decodePieces('webm_opus', encodeWebm(original))
    expect(webm.damage).toEqual([])
    expect(matchDb(original, webm.samples)).toBeGreaterThan(10)
  })

  it('decodes Ogg streams that follow each other', async () => {
    const one = encodeOgg(original)
    const { samples, damage } = await decodePieces('ogg_opus', [one, one])
    expect(damage).toEqual([])
    expect(samples.length).toBe(2 * original.length)
  })
})

describe('sniff', () => {
  it('names MP4 and AAC, and nothing else', () => {
    expect(sniff(Buffer.from('\0\0\0\x20ftypM4A ', 'latin1'))).toBe('mp4')
    expect(sniff(Uint8Array.of(0xff, 0xf1, 0x50, 0x80))).toBe('aac')
    expect(sniff(Buffer.from('ID3\x04\0'))).toBe('mp3')
    expect(sniff(Buffer.from('{"type":"config"}'))).toBe('unknown')
    expect(sniff(new Uint8Array(0))).toBe('unknown')
  })
})
