import { toErrorBody, type VigiaError } from '@vigia/protocol'
import { gated } from '../analysis/gates/gate.ts'
import type { FinalUtterance } from '../analysis/transcript.ts'
import type { Asr, AsrOptions } from '../engines/asr.ts'
import type { PcmChunk, Recording, Span } from '../engines/audio.ts'
import { msToSamples } from './stream-clock.ts'

/** The second pass: the whole recording again, with the best recognizer, free of the haste of live text. See also `speech-scan.ts`. */

/** What came of one span: text, or the error that its recognizer ended with. */
export type SpanResult = { span: Span; utterances: FinalUtterance[]; error?: unknown }

/**
 * Transcribes spans, `parallel` at a time, in the order of the recording. A span whose recognition fails is told and
 * does not stop the others.
 */
export async function transcribeSpans(
  recording: Recording,
  spans: readonly Span[],
  asr: Asr,
  options: AsrOptions,
  parallel: number,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<SpanResult[]> {
  const results: SpanResult[] = new Array(spans.length)
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    while (next < spans.length) {
      const index = next++
      results[index] = await transcribeSpan(recording, spans[index]!, asr, options, signal)
      onProgress(++done)
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, spans.length) }, worker))
  return results
}

async function transcribeSpan(
  recording: Recording,
  span: Span,
  asr: Asr,
  options: AsrOptions,
  signal: AbortSignal,
): Promise<SpanResult> {
  signal.throwIfAborted()
  const utterances: FinalUtterance[] = []
  try {
    for await (const event of asr.transcribe(readSpan(recording, span), options, signal)) {
      if (event.type === 'final' && event.text.trim() !== '') utterances.push(gated(event))
    }
    return { span, utterances }
  } catch (error) {
    signal.throwIfAborted()
    return { span, utterances, error }
  }
}

async function* readSpan(recording: Recording, span: Span): AsyncIterable<PcmChunk> {
  const samples = await recording.read(span.startMs, span.endMs)
  if (samples.length > 0 && msToSamples(span.endMs) > 0) yield { samples, startMs: span.startMs }
}

/** The stable code of an engine's failure, for warnings that hold no content. */
export const errorCode = (error: unknown): VigiaError['code'] => toErrorBody(error).code
