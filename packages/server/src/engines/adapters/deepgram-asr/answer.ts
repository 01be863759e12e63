import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { Transcription, Word } from '../../asr.ts'

/** What Deepgram answers, live and prerecorded → text and words on the timeline. Pure. */

const WireWord = z.object({
  word: z.string(),
  punctuated_word: z.string().optional(),
  start: z.number(),
  end: z.number(),
  confidence: z.number().optional(),
  speaker: z.number().int().optional(),
})
const Alternative = z.object({
  transcript: z.string(),
  confidence: z.number().optional(),
  words: z.array(WireWord).default([]),
  languages: z.array(z.string()).optional(),
})
const LiveResults = z.object({
  type: z.literal('Results'),
  is_final: z.boolean().optional(),
  channel: z.object({ alternatives: z.array(Alternative).min(1), detected_language: z.string().optional() }),
})
const Prerecorded = z.object({
  results: z.object({
    channels: z.array(z.object({ alternatives: z.array(Alternative).min(1), detected_language: z.string().optional() })).min(1),
  }),
})

export type LiveResults = z.infer<typeof LiveResults>
type WireAlternative = z.infer<typeof Alternative>

/** The event as results; null for other events. @throws VigiaError `asr_failed` */
export function parseLive(event: { type?: string }): LiveResults | null {
  if (event.type !== 'Results') return null
  const parsed = LiveResults.safeParse(event)
  if (parsed.success) return parsed.data
  throw new VigiaError('asr_failed', `Deepgram sent results in another form (${parsed.error.issues[0]!.path.join('.')}).`)
}

/** @throws VigiaError `asr_failed` */
export function parsePrerecorded(text: string): { alternative: WireAlternative; language?: string } {
  try {
    const [channel] = Prerecorded.parse(JSON.parse(text)).results.channels
    return {
      alternative: channel!.alternatives[0]!,
      ...(channel!.detected_language ? { language: channel!.detected_language } : {}),
    }
  } catch (cause) {
    throw new VigiaError('asr_failed', 'Deepgram answered something else than a transcription.', { cause })
  }
}

/** Words as milliseconds; `offsetMs` is where the stream's first sample lies, `endMs` where its last one does. */
export function toWords(words: WireAlternative['words'], offsetMs: number, endMs: number): Word[] {
  const at = (seconds: number): number => Math.min(endMs, Math.max(offsetMs, offsetMs + Math.round(seconds * 1000)))
  return words.map(({ word, punctuated_word, start, end, confidence, speaker }) => ({
    text: punctuated_word ?? word,
    startMs: at(start),
    endMs: Math.max(at(start), at(end)),
    ...(confidence === undefined ? {} : { confidence: Math.min(1, Math.max(0, confidence)) }),
    ...(speaker === undefined ? {} : { speaker: `S${speaker + 1}` }),
  }))
}

/** One final of the whole utterance from all that were final in the stream. */
export function joinFinals(finals: readonly WireAlternative[], startMs: number, endMs: number): Transcription {
  const words = finals.flatMap((final) => toWords(final.words, startMs, endMs))
  const sure = finals.flatMap(({ confidence, transcript }) => (confidence !== undefined && transcript ? [confidence] : []))
  return {
    text: finals
      .map(({ transcript }) => transcript.trim())
      .filter(Boolean)
      .join(' '),
    words,
    startMs,
    endMs,
    ...(sure.length > 0 ? { confidence: Math.min(1, sure.reduce((a, b) => a + b, 0) / sure.length) } : {}),
  }
}
