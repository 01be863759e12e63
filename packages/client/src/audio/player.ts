import { fromPcm16 } from './pcm.ts'

export interface PlayerOptions {
  /** Told about every 50 ms and at the end: how much of an answer was heard. Send it as `playback`. */
  onPlayed?: (progress: { replyId: number; playedMs: number; ended: boolean }) => void
  /** Where `worklets/playback.js` is served. */
  workletUrl?: string | URL
}

export interface Player {
  /** Queues 16-bit mono samples of an answer; those of an older answer are dropped. */
  play(replyId: number, pcm16: Uint8Array, sampleRate: number): void
  /** Silence within one block of the audio thread (3 ms). */
  stop(): void
  close(): Promise<void>
}

/** Opens a player for spoken answers. Call it from a tap: browsers start no sound otherwise. */
export async function openPlayer(options: PlayerOptions = {}): Promise<Player> {
  const context = new AudioContext()
  await context.audioWorklet.addModule(options.workletUrl ?? new URL('../../worklets/playback.js', import.meta.url))
  const node = new AudioWorkletNode(context, 'vigia-playback', { numberOfInputs: 0, outputChannelCount: [1] })
  node.connect(context.destination)
  node.port.onmessage = ({ data }: MessageEvent<{ id: number | null; played: number; ended?: boolean; stopped?: boolean }>) => {
    if (data.id === null) return
    const playedMs = (data.played * 1000) / context.sampleRate
    options.onPlayed?.({ replyId: data.id, playedMs, ended: data.ended === true || data.stopped === true })
  }
  return {
    play(replyId, pcm16, sampleRate) {
      void context.resume()
      const samples = atRate(fromPcm16(pcm16), sampleRate, context.sampleRate)
      node.port.postMessage({ push: samples, id: replyId }, [samples.buffer])
    },
    stop: () => node.port.postMessage({ stop: true }),
    close: () => context.close(),
  }
}

/** Linear interpolation: enough for speech that is played once; pieces join because each begins at a whole sample. */
export function atRate(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples
  const length = Math.round((samples.length * to) / from)
  return Float32Array.from({ length }, (_, i) => {
    const at = (i * from) / to
    const left = Math.floor(at)
    const a = samples[left] ?? 0
    return a + ((samples[left + 1] ?? a) - a) * (at - left)
  })
}
