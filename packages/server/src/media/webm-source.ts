import { VigiaError } from '@vigia/protocol'
import { type ByteSource, report, type Sink } from './byte-source.ts'
import { opusPacketMs, parseOpusHead } from './opus-packet.ts'
import { OpusStream } from './opus-stream.ts'
import { OUTPUT_RATE } from './pcm-output.ts'
import { StreamStart } from './stream-start.ts'
import { parseBlock, parseBlockGroup, type WebmBlock } from './webm-block.ts'
import {
  BLOCK_GROUP,
  CODEC_ID,
  CODEC_PRIVATE,
  children,
  INFO,
  readUint,
  SIMPLE_BLOCK,
  TIMESTAMP,
  TIMESTAMP_SCALE,
  TRACK_ENTRY,
  TRACK_NUMBER,
} from './webm-elements.ts'
import { type WebmElement, WebmReader } from './webm-reader.ts'

/** Longest loss that is filled with silence. */
const MAX_GAP_MS = 60_000
/** Lost bytes cannot have held more than this each (60 ms packets of silence take 12 bytes in their block), so a damaged timestamp is not believed. */
const MAX_MS_PER_BYTE = 8
const MAX_PACKET_MS = 120
const MAX_TRACKS = 64

/** WebM/Opus as browsers record it: clusters of unknown size, cut anywhere. After damage the timestamps tell how much is missing. */
export class WebmOpusSource implements ByteSource {
  readonly #sink: Sink
  readonly #reader = new WebmReader()
  readonly #start = new StreamStart('webm')
  #stream: OpusStream | null = null
  #otherCodec: string | null = null
  #nsPerTick = 1_000_000
  #clusterTicks = 0
  /** Where the next packet is due, milliseconds; null before the first. */
  #dueMs: number | null = null
  #lostBytes = 0
  /** Bytes of a loss after which no cluster has told the time yet: it may have taken a cluster's beginning with it. */
  #unsettledBytes = 0
  #clusterIsNew = false

  constructor(sink: Sink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    this.#reader.append(bytes)
    this.#check()
    this.#elements()
    this.#check()
  }

  end(): void {
    do this.#elements()
    while (this.#reader.giveUp())
    this.#lostBytes += this.#reader.skipped
    if (this.#lostBytes > 0) report(this.#sink, this.#lostBytes, 'the stream ends inside a WebM element')
  }

  free(): void {
    this.#stream?.free()
  }

  #check(): void {
    this.#start.check(this.#reader.waiting, this.#reader.skipped + this.#lostBytes)
  }

  #elements(): void {
    for (let element = this.#reader.next(); element; element = this.#reader.next()) this.#element(element)
  }

  #element({ id, body, skipped }: WebmElement): void {
    this.#lostBytes += skipped
    if (id === INFO) this.#info(body)
    else if (id === TRACK_ENTRY) this.#trackEntry(body)
    else if (id === TIMESTAMP) this.#timestamp(readUint(body, 0, body.length))
    else if (id === SIMPLE_BLOCK) this.#block(parseBlock(body), body.length, 0)
    else if (id === BLOCK_GROUP) {
      const { block, discardNs } = parseBlockGroup(body)
      this.#block(block, body.length, discardNs)
    }
  }

  #timestamp(ticks: number): void {
    this.#clusterTicks = ticks
    this.#clusterIsNew = true
  }

  #info(body: Uint8Array): void {
    for (const child of children(body)) {
      if (child.id === TIMESTAMP_SCALE) this.#nsPerTick = readUint(child.body, 0, Math.min(child.body.length, 6)) || 1_000_000
    }
  }

  /** Takes the first Opus track. */
  #trackEntry(body: Uint8Array): void {
    const fields = new Map([...children(body)].map((child) => [child.id, child.body]))
    const codec = Buffer.from(fields.get(CODEC_ID) ?? []).toString('latin1')
    const number = fields.get(TRACK_NUMBER)
    const track = number ? readUint(number, 0, number.length) : 0
    if (codec === 'A_OPUS' && !this.#stream) this.#openTrack(track, fields.get(CODEC_PRIVATE))
    else if (track !== this.#reader.track) this.#passTrack(track, codec)
  }

  #passTrack(track: number, codec: string): void {
    if (this.#reader.otherTracks.size < MAX_TRACKS) this.#reader.otherTracks.add(track)
    this.#otherCodec ??= codec.slice(0, 40)
  }

  #openTrack(track: number, codecPrivate: Uint8Array = new Uint8Array(0)): void {
    const head = parseOpusHead(codecPrivate)
    if (head && head.mappingFamily !== 0 && !this.#start.recognized)
      throw unsupported(`${head.channels} channels in several streams`)
    this.#open(track, head?.preSkip ?? 0)
  }

  #open(track: number, preSkip: number): OpusStream {
    this.#reader.track = track
    this.#start.recognize()
    this.#stream = new OpusStream(this.#sink, preSkip)
    return this.#stream
  }

  #block(block: WebmBlock | null, bytes: number, discardNs: number): void {
    if (!block) {
      this.#lostBytes += bytes
      return
    }
    if (!this.#stream && this.#lostBytes === 0) throw unsupported(this.#otherCodec ?? 'no audio track')
    const stream = this.#stream ?? this.#open(block.track, 0)
    if (block.track === this.#reader.track) this.#audio(stream, block, discardNs)
  }

  #audio(stream: OpusStream, block: WebmBlock, discardNs: number): void {
    if (block.laced) {
      report(this.#sink, block.packet.length, 'several packets in one WebM block')
      this.#lostBytes ||= block.packet.length
      return
    }
    const atMs = ((this.#clusterTicks + block.offset) * this.#nsPerTick) / 1e6
    this.#fill(stream, atMs)
    const ms = opusPacketMs(block.packet) ?? stream.lastMs
    stream.decode(block.packet, Math.max(0, Math.round(((ms - discardNs / 1e6) * OUTPUT_RATE) / 1000)))
    // While the cluster's time is uncertain, blocks may seem to lie before what was heard already.
    this.#dueMs = (this.#unsettledBytes > 0 ? Math.max(atMs, this.#dueMs ?? 0) : atMs) + ms
  }

  /** Silence for what is missing before this block; once more when the next cluster tells the time for certain. */
  #fill(stream: OpusStream, atMs: number): void {
    const lost = this.#lostBytes
    const settles = this.#clusterIsNew && this.#unsettledBytes > 0
    if (lost > 0 || settles) {
      const missingMs = this.#missingMs(atMs, stream.lastMs, lost + this.#unsettledBytes)
      if (lost > 0 || missingMs !== undefined) report(this.#sink, lost, 'damaged WebM element', missingMs)
      if (missingMs !== undefined) stream.silence(missingMs)
    }
    this.#unsettledBytes = this.#clusterIsNew ? 0 : this.#unsettledBytes + lost
    this.#clusterIsNew = false
    this.#lostBytes = 0
  }

  #missingMs(atMs: number, packetMs: number, lostBytes: number): number | undefined {
    const missingMs = atMs - (this.#dueMs ?? 0)
    const possibleMs = Math.min(MAX_GAP_MS, MAX_PACKET_MS + lostBytes * MAX_MS_PER_BYTE)
    return missingMs > packetMs / 2 && missingMs <= possibleMs ? missingMs : undefined
  }
}

function unsupported(got: string): VigiaError {
  return new VigiaError('unsupported_codec', `Expected an Opus track in the WebM stream, got ${got || 'none'}.`, {
    hint: 'Record with MediaRecorder type "audio/webm;codecs=opus".',
  })
}
