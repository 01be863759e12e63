import { VigiaError } from '@vigia/protocol'
import { type ByteSource, report, type Sink } from './byte-source.ts'
import { ascii } from './bytes.ts'
import { OggPacketJoiner } from './ogg-packets.ts'
import { type OggPage, OggPageReader } from './ogg-pages.ts'
import { type OpusHead, opusPacketMs, parseOpusHead } from './opus-packet.ts'
import { OpusStream } from './opus-stream.ts'
import { StreamStart } from './stream-start.ts'

/** Ticks of the granule position per millisecond: Opus counts at 48 kHz whatever it carries (RFC 7845 §4). */
const TICKS_PER_MS = 48
const TICKS_PER_SAMPLE = 3
/** Pre-skip of an encoder at 48 kHz, for a stream whose header was damaged. */
const USUAL_PRE_SKIP = 312
/** Longest loss that is filled with silence; a granule position that jumps further is not believed. */
const MAX_GAP_MS = 60_000

/** One logical stream of an Ogg file. */
interface Track {
  serial: number
  joiner: OggPacketJoiner
  stream: OpusStream
  /** Position at the end of what was decoded, ticks; null before the first audio page. */
  ticks: number | null
}

/** Ogg/Opus: RFC 3533 and RFC 7845. Lost pages become silence, the trimmed end is trimmed, streams may follow each other. */
export class OggOpusSource implements ByteSource {
  readonly #sink: Sink
  readonly #reader = new OggPageReader()
  readonly #start = new StreamStart('ogg_opus')
  #track: Track | null = null

  constructor(sink: Sink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    this.#reader.append(bytes)
    this.#start.check(this.#reader.waiting, this.#reader.skipped)
    this.#pages()
    this.#start.check(this.#reader.waiting, this.#reader.skipped)
  }

  end(): void {
    do this.#pages()
    while (this.#reader.giveUp())
    if (this.#reader.skipped > 0) report(this.#sink, this.#reader.skipped, 'the stream ends inside an Ogg page')
  }

  free(): void {
    this.#track?.stream.free()
  }

  #pages(): void {
    for (let page = this.#reader.next(); page; page = this.#reader.next()) this.#page(page)
  }

  #page(page: OggPage): void {
    if (page.begins) this.#begin(page)
    else if (!this.#track) this.#adopt(page)
    const track = this.#track
    if (track?.serial === page.serial) this.#audio(track, page)
    else if (page.skipped > 0) report(this.#sink, page.skipped, 'damaged Ogg page')
  }

  #begin(page: OggPage): void {
    const head = parseOpusHead(page.pieces[0] ?? new Uint8Array(0))
    if (!head) return
    if (head.mappingFamily !== 0 && !this.#start.recognized) throw unsupported(`${head.channels} channels in several streams`)
    this.#open(page.serial, head)
  }

  /** A page of audio before any header: the header was damaged, or there is no Opus here. */
  #adopt(page: OggPage): void {
    if (page.skipped === 0 && !this.#start.recognized) throw unsupported('another codec in Ogg')
    this.#open(page.serial, { channels: 1, preSkip: USUAL_PRE_SKIP, mappingFamily: 0 })
  }

  #open(serial: number, head: OpusHead): void {
    this.#track?.stream.free()
    this.#start.recognize()
    this.#track = { serial, joiner: new OggPacketJoiner(), stream: new OpusStream(this.#sink, head.preSkip), ticks: null }
  }

  #audio(track: Track, page: OggPage): void {
    const { packets, lost } = track.joiner.push(page)
    const audio = packets.filter((packet) => !isHeader(packet))
    const ticks = audio.reduce((sum, packet) => sum + TICKS_PER_MS * (opusPacketMs(packet) ?? track.stream.lastMs), 0)
    const startsAt = page.granule === null || audio.length === 0 ? null : page.granule - ticks
    if (lost) this.#fill(track, page, startsAt)
    const base = track.ticks ?? Math.max(0, startsAt ?? 0)
    this.#decode(track, audio, page.ends && page.granule !== null ? page.granule - base : Number.POSITIVE_INFINITY)
    if (audio.length > 0) track.ticks = page.granule ?? base + ticks
  }

  #fill(track: Track, page: OggPage, startsAt: number | null): void {
    const missingMs = startsAt === null ? 0 : (startsAt - (track.ticks ?? 0)) / TICKS_PER_MS
    const believed = missingMs > 0 && missingMs <= MAX_GAP_MS
    report(this.#sink, page.skipped, 'damaged or lost Ogg page', believed ? missingMs : undefined)
    if (!believed) return
    track.stream.silence(missingMs)
    track.ticks = startsAt
  }

  #decode(track: Track, packets: readonly Uint8Array[], ticks: number): void {
    let left = Math.round(ticks / TICKS_PER_SAMPLE)
    for (const packet of packets) {
      if (left <= 0) return
      track.stream.decode(packet, left)
      left -= 16 * (opusPacketMs(packet) ?? track.stream.lastMs)
    }
  }
}

function isHeader(packet: Uint8Array): boolean {
  const magic = ascii(packet, 0, 8)
  return magic === 'OpusHead' || magic === 'OpusTags'
}

function unsupported(got: string): VigiaError {
  return new VigiaError('unsupported_codec', `Expected Opus, mono or stereo, in the Ogg stream, got ${got}.`, {
    hint: 'Encode to Opus, for instance "ffmpeg -i in -c:a libopus out.ogg", or send pcm16, flac or mp3.',
  })
}
