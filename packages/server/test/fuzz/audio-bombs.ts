import { flacCrc8, flacCrc16 } from '../../src/media/flac-crc.ts'
import { OggOpusMuxer } from '../../src/media/ogg-mux.ts'
import { element, header as webmHeader } from '../helpers/webm.ts'

/** Recordings that announce, unfold or nest far more than they hold. Written byte by byte here; none comes from anywhere else. */

export interface AudioBomb {
  name: string
  encoding: 'wav' | 'ogg_opus' | 'flac' | 'mp3' | 'webm_opus'
  bytes: Uint8Array
  /** The most that may come of it, seconds: what it really stands for. */
  maxSeconds: number
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const wavFormat = (channels: number, rate: number, bits = 16): Buffer => {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(1, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rate, 4)
  body.writeUInt16LE((channels * bits) & 0xffff, 12)
  body.writeUInt16LE(bits, 14)
  return Buffer.concat([ascii('fmt '), u32(16), body])
}
const wav = (...chunks: Uint8Array[]): Buffer => Buffer.concat([ascii('RIFF'), u32(0xffffffff), ascii('WAVE'), ...chunks])
const data = (declared: number, held: number): Buffer => Buffer.concat([ascii('data'), u32(declared), Buffer.alloc(held, 1)])

/** Packets of one or two bytes that stand for up to 120 ms of sound each. */
function tinyOpus(packet: Uint8Array, packetMs: number, count: number): Buffer {
  const mux = new OggOpusMuxer({ preSkip: 312, packetMs, packetsPerPage: 250 })
  const pages = mux.begin()
  for (let i = 0; i < count; i += 1) pages.push(...mux.push(packet))
  return Buffer.concat([...pages, ...mux.end()])
}

/** Empty pages with full lacing tables, and a granule position at the end of time. */
function emptyOgg(): Buffer {
  const mux = new OggOpusMuxer({ preSkip: 0, packetMs: 20 })
  const page = Buffer.alloc(27 + 255)
  page.write('OggS', 'latin1')
  page.writeBigUInt64LE(2n ** 62n, 6)
  page.writeUInt32LE(1, 14)
  page[26] = 255
  return Buffer.concat([...mux.begin(), ...Array.from({ length: 2000 }, () => page)])
}

/** Frames of 65 535 samples in eleven bytes: constant silence. */
function flacOfSilence(frames: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(16, 0)
  info.writeUInt16BE(65_535, 2)
  info.set([0x03, 0xe8, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff], 10) // 16 kHz, 1 channel, 16 bits, 2^36 samples announced
  const parts = [ascii('fLaC'), Buffer.from([0x80, 0, 0, 34]), info]
  for (let i = 0; i < frames; i += 1) {
    const head = Buffer.from([0xff, 0xf8, 0x75, 0x08, i & 0x7f, 0xff, 0xfe, 0])
    head[7] = flacCrc8(head.subarray(0, 7))
    const body = Buffer.concat([head, Buffer.from([0, 0, 0])])
    const crc = flacCrc16(body, 0, body.length)
    parts.push(body, Buffer.from([crc >> 8, crc & 255]))
  }
  return Buffer.concat(parts)
}

/** A FLAC header that states 8 channels of 32 bits at 655 350 Hz, and garbage where frames should be. */
const insaneFlac = (): Buffer => {
  const info = Buffer.alloc(34, 0xff)
  return Buffer.concat([ascii('fLaC'), Buffer.from([0, 0, 0, 34]), info, Buffer.from([0x84, 0xff, 0xff, 0xff]), noise(200_000)])
}

/** Bytes without order, the same at each run. */
export function noise(length: number, seed = 1): Buffer {
  let state = seed
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state >>> 24
    }),
  )
}

/** Sync words without frames. */
const mp3Garbage = (): Buffer =>
  Buffer.concat(Array.from({ length: 6000 }, (_, i) => Buffer.from([0xff, 0xfb, 0xe0 | (i & 0x0f), 0xff, i & 255])))

/** Tags that announce 256 MiB before the first frame. */
const mp3Tag = (): Buffer => Buffer.concat([ascii('ID3'), Buffer.from([4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f]), noise(100_000)])

/** Elements within elements within elements, of unknown size. */
function nestedWebm(): Buffer {
  const unknown = Buffer.from('1f43b67501ffffffffffffff', 'hex')
  return Buffer.concat([webmHeader(312, 1), ...Array.from({ length: 50_000 }, () => unknown)])
}

/** A block that says it is 2^56 − 2 bytes long. */
const hugeBlock = (): Buffer =>
  Buffer.concat([
    webmHeader(312, 1),
    Buffer.from('1f43b67501ffffffffffffff', 'hex'),
    Buffer.from('a301fffffffffffffe', 'hex'),
    noise(100_000),
  ])

/** A header whose elements are nested a thousand deep, each of known size. */
function deepHeader(): Buffer {
  let inner: Uint8Array = element('ec', Buffer.alloc(8))
  for (let i = 0; i < 1000; i += 1) inner = element('ae', inner)
  return Buffer.concat([
    element('1a45dfa3', element('4282', ascii('webm'))),
    Buffer.from('1853806701ffffffffffffff', 'hex'),
    element('1654ae6b', inner),
  ])
}

export const AUDIO_BOMBS: readonly AudioBomb[] = [
  {
    name: 'WAV of four gigabytes in a hundred bytes',
    maxSeconds: 0.01,
    encoding: 'wav',
    bytes: wav(wavFormat(1, 16_000), data(0xfffffff0, 100)),
  },
  {
    name: 'WAV of 65 535 channels at 4 GHz',
    maxSeconds: 0,
    encoding: 'wav',
    bytes: wav(wavFormat(65_535, 0xffffffff), data(1000, 1000)),
  },
  { name: 'WAV at one sample a second', maxSeconds: 0, encoding: 'wav', bytes: wav(wavFormat(1, 1), data(100_000, 100_000)) },
  {
    name: 'WAV of a hundred thousand empty chunks',
    maxSeconds: 0,
    encoding: 'wav',
    bytes: wav(Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from('LIST\0\0\0\0')))),
  },
  {
    name: 'WAV whose format says that it is 4 GiB',
    maxSeconds: 0,
    encoding: 'wav',
    bytes: wav(ascii('fmt '), u32(0xfffffffe), Buffer.alloc(5000)),
  },
  { name: 'Ogg of packets of one byte', maxSeconds: 24, encoding: 'ogg_opus', bytes: tinyOpus(Uint8Array.of(0x18), 60, 150) },
  {
    name: 'Ogg of packets that say 120 ms',
    maxSeconds: 24,
    encoding: 'ogg_opus',
    bytes: tinyOpus(Uint8Array.of(0x1b, 0x02), 120, 100),
  },
  { name: 'Ogg of empty pages at the end of time', maxSeconds: 0, encoding: 'ogg_opus', bytes: emptyOgg() },
  { name: 'FLAC of long frames in eleven bytes', maxSeconds: 25, encoding: 'flac', bytes: flacOfSilence(2) },
  { name: 'FLAC of impossible frames', maxSeconds: 0, encoding: 'flac', bytes: insaneFlac() },
  { name: 'MP3 of sync words', maxSeconds: 3, encoding: 'mp3', bytes: mp3Garbage() },
  { name: 'MP3 behind a tag of 256 MiB', maxSeconds: 0, encoding: 'mp3', bytes: mp3Tag() },
  { name: 'WebM of fifty thousand clusters within each other', maxSeconds: 0, encoding: 'webm_opus', bytes: nestedWebm() },
  { name: 'WebM with a block of 2^56 bytes', maxSeconds: 0, encoding: 'webm_opus', bytes: hugeBlock() },
  { name: 'WebM whose header is nested a thousand deep', maxSeconds: 0, encoding: 'webm_opus', bytes: deepHeader() },
]
