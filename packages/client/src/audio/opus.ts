import { OPUS_PACKET_MS } from '../live/duration.ts'

const BITRATE = 32_000

/** Whether this browser encodes Opus (WebCodecs). */
export async function opusSupported(): Promise<boolean> {
  if (typeof AudioEncoder === 'undefined') return false
  try {
    const { supported } = await AudioEncoder.isConfigSupported(configOf(16_000))
    return supported === true
  } catch {
    return false
  }
}

/** Samples in, raw Opus packets of 20 ms out: one packet a message, as the encoding `opus` wants it. */
export class OpusPackets {
  readonly #encoder: AudioEncoder
  readonly #sampleRate: number
  #samples = 0

  constructor(sampleRate: number, onPacket: (packet: Uint8Array) => void) {
    this.#sampleRate = sampleRate
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength)
        chunk.copyTo(packet)
        onPacket(packet)
      },
      error: () => {}, // the next push throws with the cause
    })
    this.#encoder.configure(configOf(sampleRate))
  }

  push(samples: Float32Array): void {
    const data = new AudioData({
      format: 'f32',
      sampleRate: this.#sampleRate,
      numberOfChannels: 1,
      numberOfFrames: samples.length,
      timestamp: Math.round((this.#samples * 1e6) / this.#sampleRate),
      data: samples as Float32Array<ArrayBuffer>,
    })
    this.#samples += samples.length
    this.#encoder.encode(data)
    data.close()
  }

  /** Hands over what is left. */
  async close(): Promise<void> {
    if (this.#encoder.state !== 'configured') return
    await this.#encoder.flush().catch(() => {})
    this.#encoder.close()
  }
}

const configOf = (sampleRate: number): AudioEncoderConfig => ({
  codec: 'opus',
  sampleRate,
  numberOfChannels: 1,
  bitrate: BITRATE,
  opus: { frameDuration: OPUS_PACKET_MS * 1000 },
})
