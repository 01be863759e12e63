import type { Asr, AsrEvent } from '../../src/engines/asr.ts'
import { SAMPLE_RATE } from '../../src/engines/audio.ts'
import { PLAIN_ASR } from '../../src/engines/contract/plain-asr.ts'

/** A recognizer whose work is counted, not done: what it costs passes on a clock that the test turns. */

/** One processing unit that works one utterance after the other, in virtual milliseconds. */
export class VirtualProcessor {
  nowMs = 0
  #freeAtMs = 0
  #waiting: { doneAtMs: number; resolve: () => void }[] = []

  /** Resolves when this much work is done behind the work that waits. */
  work(costMs: number): Promise<void> {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.nowMs) + costMs
    const doneAtMs = this.#freeAtMs
    return new Promise((resolve) => this.#waiting.push({ doneAtMs, resolve }))
  }

  advance(ms: number): void {
    this.nowMs += ms
    const done = this.#waiting.filter(({ doneAtMs }) => doneAtMs <= this.nowMs)
    this.#waiting = this.#waiting.filter(({ doneAtMs }) => doneAtMs > this.nowMs)
    for (const { resolve } of done) resolve()
  }
}

/**
 * Says how long the utterance was.
 *
 * @param realTimeFactor - virtual processing time over the duration of the audio
 */
export function slowAsr(processor: VirtualProcessor | null, realTimeFactor: number): Asr {
  return {
    id: 'slow',
    model: 'virtual',
    capabilities: PLAIN_ASR,
    async *transcribe(audio, _options, signal): AsyncIterable<AsrEvent> {
      let startMs = Number.NaN
      let samples = 0
      for await (const chunk of audio) {
        signal.throwIfAborted()
        if (Number.isNaN(startMs)) startMs = chunk.startMs
        samples += chunk.samples.length
      }
      const audioMs = (samples * 1000) / SAMPLE_RATE
      await processor?.work(audioMs * realTimeFactor)
      signal.throwIfAborted()
      if (samples > 0) {
        const text = `Se dijo algo en ${Math.round(audioMs / 100) / 10} segundos.`
        yield { type: 'final', text, words: [], startMs, endMs: startMs + audioMs }
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
