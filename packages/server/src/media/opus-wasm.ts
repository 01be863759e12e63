import { createRequire } from 'node:module'

/**
 * libopus as wasm: the same package as the native addon, entered by its wasm file, because the gateway process loads no native code.
 * Its linear memory bounds what a malformed packet can reach.
 */

/** Rates libopus decodes to and encodes from, Hz. */
export type OpusRate = 8000 | 12_000 | 16_000 | 24_000 | 48_000

interface OpusObject {
  ctl(command: number, value?: number): number
  drop(): void
}
export interface WasmOpusDecoder extends OpusObject {
  /** PCM16 bytes of one packet; an empty packet means "conceal 360 ms". */
  decode(packet: Uint8Array): Uint8Array
}
export interface WasmOpusEncoder extends OpusObject {
  /** @param pcm - PCM16 bytes of exactly one frame */
  encode(pcm: Uint8Array): Uint8Array
}

interface OpusModule {
  Decoder: new (options: { channels: 1 | 2; sample_rate: OpusRate }) => WasmOpusDecoder
  Encoder: new (options: { channels: 1 | 2; sample_rate: OpusRate; application: 'voip' | 'audio' }) => WasmOpusEncoder
}

let loaded: OpusModule | null = null

/** Compiled on first use, 10–20 ms; all decoders share one instance. */
export function opusWasm(): OpusModule {
  loaded ??= createRequire(import.meta.url)('@evan/opus/wasm/index.js') as OpusModule
  return loaded
}
