import { ascii, indexOf } from './bytes.ts'

/** What the first bytes of a file say it is. `mp4` and `aac` are recognized to be refused by name. */
export type Container = 'wav' | 'ogg_opus' | 'ogg' | 'webm' | 'flac' | 'mp3' | 'mp4' | 'aac' | 'unknown'

/** Bytes that {@link sniff} wants to see; with fewer it may say `unknown`. */
export const SNIFF_BYTES = 64

const EBML = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3)
const OPUS_HEAD = Buffer.from('OpusHead')

/** Tells the container of a recording by its first bytes. */
export function sniff(bytes: Uint8Array): Container {
  const magic = ascii(bytes, 0, 4)
  if ((magic === 'RIFF' || magic === 'RF64') && ascii(bytes, 8, 12) === 'WAVE') return 'wav'
  if (magic === 'OggS') return indexOf(bytes.subarray(0, SNIFF_BYTES), OPUS_HEAD) >= 0 ? 'ogg_opus' : 'ogg'
  if (indexOf(bytes.subarray(0, 4), EBML) === 0) return 'webm'
  if (magic === 'fLaC') return 'flac'
  if (ascii(bytes, 4, 8) === 'ftyp') return 'mp4'
  if (magic.startsWith('ID3')) return 'mp3'
  return sniffSync(bytes)
}

/** MPEG audio frames begin with 11 set bits; layer 0 there means AAC in ADTS. */
function sniffSync(bytes: Uint8Array): Container {
  const [first = 0, second = 0, third = 0] = bytes
  if (first !== 0xff) return 'unknown'
  if ((second & 0xf6) === 0xf0) return 'aac'
  const layer = (second >> 1) & 3
  const validVersion = (second & 0x18) !== 0x08
  const validRate = (third & 0x0c) !== 0x0c && third >> 4 !== 0x0f
  return (second & 0xe0) === 0xe0 && layer === 1 && validVersion && validRate ? 'mp3' : 'unknown'
}

const NAMES: Readonly<Record<Container, string>> = {
  wav: 'WAV',
  ogg_opus: 'Ogg/Opus',
  ogg: 'Ogg',
  webm: 'WebM',
  flac: 'FLAC',
  mp3: 'MP3',
  mp4: 'MP4',
  aac: 'AAC',
  unknown: 'bytes of no known container',
}

/** For messages: "Expected …, got …". */
export function describeContainer(container: Container): string {
  return NAMES[container]
}
