import type { Asr } from './asr.ts'
import type { PcmChunk } from './audio.ts'
import { SAMPLE_RATE } from './audio.ts'

/** How one utterance was served. Holds no words. */
export interface AsrMeasurement {
  engine: string
  model: string
  purpose: 'live' | 'final'
  audioMs: number
  /** From the end of the audio to the last event: what a listener waits for. */
  finalLatencyMs: number
  /** From the first chunk to the first interim; null when there was none. */
  firstInterimMs: number | null
  /** Processing time after the end of the audio over the audio's duration. */
  realTimeFactor: number
  /** It ended with an error or was aborted. */
  failed: boolean
}

/** Reports latency and real-time factor of each utterance; passes everything else through. */
export function measured(
  asr: Asr,
  report: (measurement: AsrMeasurement) => void,
  now: () => number = () => performance.now(),
): Asr {
  return {
    id: asr.id,
    model: asr.model,
    capabilities: asr.capabilities,
    ...(asr.note ? { note: asr.note } : {}),
    async *transcribe(audio, options, signal) {
      const times = { firstMs: now(), audioEndMs: now(), interimMs: null as number | null, samples: 0 }
      let failed = true
      try {
        for await (const event of asr.transcribe(timed(audio, times, now), options, signal)) {
          if (event.type === 'interim') times.interimMs ??= now()
          yield event
        }
        failed = false
      } finally {
        const audioMs = (times.samples * 1000) / SAMPLE_RATE
        const finalLatencyMs = now() - times.audioEndMs
        report({
          engine: asr.id,
          model: asr.model,
          purpose: options.purpose,
          audioMs,
          finalLatencyMs,
          firstInterimMs: times.interimMs === null ? null : times.interimMs - times.firstMs,
          realTimeFactor: audioMs > 0 ? finalLatencyMs / audioMs : 0,
          failed,
        })
      }
    },
    [Symbol.asyncDispose]: () => asr[Symbol.asyncDispose](),
  }
}

async function* timed(
  audio: AsyncIterable<PcmChunk>,
  times: { firstMs: number; audioEndMs: number; samples: number },
  now: () => number,
): AsyncIterable<PcmChunk> {
  for await (const chunk of audio) {
    if (times.samples === 0) times.firstMs = now()
    times.samples += chunk.samples.length
    yield chunk
  }
  times.audioEndMs = now()
}
