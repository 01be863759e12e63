import { VigiaError } from '@vigia/protocol'
import { ByteBuffer } from './byte-buffer.ts'
import { type ByteSource, report, type Sink } from './byte-source.ts'
import { ascii } from './bytes.ts'
import { PcmSource } from './pcm-source.ts'
import { describeContainer, sniff } from './sniff.ts'
import { isWavHeader, parseWavFormat } from './wav-format.ts'

const MAX_FORMAT_BYTES = 1024
/** Sizes that writers of live streams put because they do not know better; the data then lasts until the stream ends. */
const UNKNOWN_SIZES = [0, 0x7fffffff, 0xffffffff]

/** A WAV stream, header and all; the header may claim an unknown length. */
export class WavSource implements ByteSource {
  readonly #sink: Sink
  readonly #buffer = new ByteBuffer()
  #pcm: PcmSource | null = null
  #state: 'riff' | 'chunk' | 'data' = 'riff'
  /** Bytes of the current data chunk, or of one to pass over, that are still to come. */
  #dataLeft = 0
  #skipLeft = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#skipLeft > 0) rest = this.#skip(rest)
      else if (this.#state === 'data') rest = this.#data(rest)
      else rest = this.#header(rest)
    }
  }

  end(): void {
    if (this.#buffer.length > 0) report(this.#sink, this.#buffer.length, 'the stream ends inside a WAV header')
    this.#buffer.consume(this.#buffer.length)
    this.#pcm?.end()
  }

  free(): void {}

  #skip(bytes: Uint8Array): Uint8Array {
    const count = Math.min(bytes.length, this.#skipLeft)
    this.#skipLeft -= count
    return bytes.subarray(count)
  }

  #data(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, Math.min(bytes.length, this.#dataLeft))
    this.#pcm?.push(part)
    this.#dataLeft -= part.length
    if (this.#dataLeft === 0) this.#state = 'chunk'
    return bytes.subarray(part.length)
  }

  /** Takes from `bytes` no more than the header needs and gives back the rest. */
  #header(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, Math.max(0, this.#wanted() - this.#buffer.length))
    this.#buffer.append(taken)
    if (this.#buffer.length >= this.#wanted()) {
      if (this.#state === 'riff') this.#riff()
      else this.#chunk()
    }
    return bytes.subarray(taken.length)
  }

  #wanted(): number {
    if (this.#state === 'riff') return 12
    const view = this.#buffer.view
    return view.length >= 8 && ascii(view, 0, 4) === 'fmt ' ? 8 + Math.min(chunkSize(view), MAX_FORMAT_BYTES) : 8
  }

  #riff(): void {
    const start = this.#buffer.view
    if (!isWavHeader(start)) {
      throw new VigiaError('invalid_audio', `Expected a WAV stream, got ${describeContainer(sniff(start))}.`, {
        hint: 'Begin with a RIFF/WAVE header, or name the encoding that you send.',
      })
    }
    this.#buffer.consume(12)
    this.#state = 'chunk'
  }

  #chunk(): void {
    const view = this.#buffer.view
    const id = ascii(view, 0, 4)
    const size = chunkSize(view)
    if (id === 'fmt ' && !this.#pcm) this.#pcm = new PcmSource(parseWavFormat(view.subarray(8)), this.#sink)
    if (id === 'data') this.#openData(size)
    else this.#skipLeft = size + (size % 2) - (view.length - 8)
    this.#buffer.consume(view.length)
  }

  #openData(size: number): void {
    if (!this.#pcm) {
      throw new VigiaError('invalid_audio', 'WAV: expected a format chunk before the data, got none.', {
        hint: 'Send a complete header.',
      })
    }
    this.#state = 'data'
    this.#dataLeft = UNKNOWN_SIZES.includes(size) ? Number.POSITIVE_INFINITY : size
  }
}

function chunkSize(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(4, true)
}
