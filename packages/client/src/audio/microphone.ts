import type { GapReason } from '../live/stream-log.ts'
import { OpusPackets, opusSupported } from './opus.ts'
import { levelOf, toPcm16 } from './pcm.ts'

export interface MicrophoneOptions {
  /** Encoded audio, ready for `sendAudio`. */
  onAudio: (bytes: Uint8Array) => void
  /** Loudness, 0–1, 25 times a second. */
  onLevel?: (level: number) => void
  /** The system took the microphone away for that long: declare it with `gap`. */
  onGap?: (ms: number, reason: GapReason) => void
  /** `opus` where WebCodecs has it, about an eighth of the bytes; else `pcm16`. Default `pcm16`. */
  encoding?: 'pcm16' | 'opus'
  /** A track to take instead of the microphone. */
  stream?: MediaStream
  /** Where `worklets/capture.js` is served. */
  workletUrl?: string | URL
}

/** What `config` must say of the audio, and the handle to stop it. */
export interface Microphone {
  encoding: 'pcm16' | 'opus'
  sample_rate: number
  channels: 1
  /** Whether the browser takes its own output out of what it captures. */
  aec: 'active' | 'none' | 'unknown'
  /** Silences capture: nothing is handed over, the time is told by `onGap` as `muted` when it ends. */
  mute(muted: boolean): void
  readonly muted: boolean
  /** Releases the microphone; a pending mute is told first. */
  stop(): Promise<void>
}

const RATE = 16_000

/**
 * Opens the microphone at 16 kHz mono; where the browser cannot, at its own rate, which the server converts.
 *
 * @throws DOMException `NotAllowedError`, `NotFoundError`, … of `getUserMedia`
 */
export async function openMicrophone(options: MicrophoneOptions): Promise<Microphone> {
  const stream = options.stream ?? (await askForMicrophone())
  const track = stream.getAudioTracks()[0]!
  const release = (): void => {
    if (!options.stream) for (const one of stream.getTracks()) one.stop()
  }
  const url = options.workletUrl ?? new URL('../../worklets/capture.js', import.meta.url)
  const { context, source } = await openContext(stream, url).catch((error: unknown) => {
    release() // nobody would ever stop it
    throw error
  })
  const node = new AudioWorkletNode(context, 'vigia-capture', { numberOfOutputs: 0 })
  const opus =
    options.encoding === 'opus' && (await opusSupported()) ? new OpusPackets(context.sampleRate, options.onAudio) : null
  const gaps = new GapClock((ms, reason) => options.onGap?.(ms, reason))

  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    options.onLevel?.(gaps.isOpen ? 0 : levelOf(data))
    if (gaps.isOpen) return
    if (opus) opus.push(data)
    else options.onAudio(toPcm16(data))
  }
  track.onmute = () => gaps.begin('os_suspended')
  track.onunmute = () => gaps.end('os_suspended')
  context.onstatechange = () => (context.state === 'running' ? gaps.end('os_suspended') : gaps.begin('os_suspended'))
  source.connect(node)
  let isStopped = false

  return {
    encoding: opus ? 'opus' : 'pcm16',
    sample_rate: context.sampleRate,
    channels: 1,
    aec: aecOf(track),
    get muted() {
      return gaps.isMuted
    },
    mute: (muted) => (muted ? gaps.begin('muted') : gaps.end('muted')),
    async stop() {
      if (isStopped) return
      isStopped = true
      node.port.onmessage = null
      context.onstatechange = null
      await opus?.close()
      gaps.endAll()
      release()
      await context.close()
    },
  }
}

function askForMicrophone(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  })
}

interface CaptureContext {
  context: AudioContext
  source: MediaStreamAudioSourceNode
}

/** What captures the stream, with its worklet loaded. */
async function openContext(stream: MediaStream, workletUrl: string | URL): Promise<CaptureContext> {
  const opened = await sourceOf(stream)
  try {
    await opened.context.audioWorklet.addModule(workletUrl)
    return opened
  } catch (error) {
    await opened.context.close()
    throw error
  }
}

/** Firefox refuses a source of another rate than the context's. */
async function sourceOf(stream: MediaStream): Promise<CaptureContext> {
  const wanted = new AudioContext({ sampleRate: RATE })
  try {
    return { context: wanted, source: wanted.createMediaStreamSource(stream) }
  } catch {
    await wanted.close()
    const context = new AudioContext()
    return { context, source: context.createMediaStreamSource(stream) }
  }
}

function aecOf(track: MediaStreamTrack): Microphone['aec'] {
  const on = track.getSettings().echoCancellation as boolean | undefined
  return on === undefined ? 'unknown' : on ? 'active' : 'none'
}

/** Measures how long nothing was captured, for each reason; overlapping reasons count once. */
export class GapClock {
  readonly #reasons = new Map<GapReason, true>()
  readonly #onGap: (ms: number, reason: GapReason) => void
  readonly #now: () => number
  #since = 0
  #first: GapReason = 'other'

  constructor(onGap: (ms: number, reason: GapReason) => void, now: () => number = () => performance.now()) {
    this.#onGap = onGap
    this.#now = now
  }

  get isOpen(): boolean {
    return this.#reasons.size > 0
  }

  get isMuted(): boolean {
    return this.#reasons.has('muted')
  }

  begin(reason: GapReason): void {
    if (this.#reasons.size === 0) {
      this.#since = this.#now()
      this.#first = reason
    }
    this.#reasons.set(reason, true)
  }

  end(reason: GapReason): void {
    if (!this.#reasons.delete(reason) || this.#reasons.size > 0) return
    this.#onGap(this.#now() - this.#since, this.#first)
  }

  endAll(): void {
    for (const reason of [...this.#reasons.keys()]) this.end(reason)
  }
}
