import { toErrorBody, type VigiaError } from '@vigia/protocol'
import { gated } from '../analysis/gates/gate.ts'
import type { FinalUtterance } from '../analysis/transcript.ts'
import type { Asr, AsrOptions } from '../engines/asr.ts'
import type { PcmChunk, Recording, Span } from '../engines/audio.ts'
import type { Vad } from '../engines/vad.ts'
import type { EndpointingOptions } from './endpointing.ts'
import { msToSamples } from './stream-clock.ts'
import { UtteranceCutter } from './utterance-cutter.ts'

/** The second pass: the whole recording again, with the best recognizer, free of the haste of live text. */

/** The recording is scanned in pieces of this length. */
const SCAN_MS = 10_000

/** Finds the utterances of a recording: where there is speech, cut at pauses. */
export async function scanSpeech(
  recording: Recording,
  vad: Vad,
  options: EndpointingOptions,
  signal: AbortSignal,
  onProgress: (doneMs: number) => void,
): Promise<Span[]> {
  using stream = vad.open()
  const cutter = new UtteranceCutter(stream, options)
  const spans: Span[] = []
  let startMs: number | null = null
  const take = (events: Awaited<ReturnType<UtteranceCutter['push']>>): void => {
    for (const event of events) {
      if (event.type === 'start') startMs = event.startMs
      else if (event.type === 'end' && startMs !== null) {
        spans.push({ startMs, endMs: event.endMs })
        startMs = null
      }
    }
  }
  for (let at = 0; at < recording.durationMs; at += SCAN_MS) {
    signal.throwIfAborted()
    const end = Math.min(recording.durationMs, at + SCAN_MS)
    try {
      take(await cutter.push(await recording.read(at, end)))
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
    onProgress(end)
  }
  take(cutter.flush())
  return spans
}

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
