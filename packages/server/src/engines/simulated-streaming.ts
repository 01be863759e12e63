import { ArrivingAudio } from './arriving-audio.ts'
import type { Asr, AsrEvent, AsrOptions, Transcription, Word } from './asr.ts'
import { type PcmChunk, SAMPLE_RATE } from './audio.ts'
import { LocalAgreement } from './local-agreement.ts'
import type { UtteranceAudio } from './utterance-audio.ts'

/**
 * Interim text from an offline recognizer: the open utterance is decoded again each time enough new audio has come, one
 * decode at a time; local agreement decides what is confirmed.
 */

export interface SimulatedStreamingOptions {
  /** New audio between two decodings, ms. Longer when a decoding takes longer than half of it. */
  paceMs?: number
  /** Longest audio of one interim decoding, ms: beyond it, audio of confirmed words is left out. */
  windowMs?: number
  /** Monotonic milliseconds. */
  now?: () => number
}

/** Confirmed words that stay in a trimmed window, and audio ahead of them: a cut inside a word makes a false one. */
const LEAD_WORDS = 3
const LEAD_MS = 100

/** Wraps an offline `Asr` into one with `interim: true`. Finals are what the wrapped recognizer makes of the whole utterance. */
export function simulatedStreaming(asr: Asr, options: SimulatedStreamingOptions = {}): Asr {
  return {
    id: asr.id,
    model: asr.model,
    capabilities: { ...asr.capabilities, interim: true },
    ...(asr.note ? { note: asr.note } : {}),
    transcribe: (audio, asrOptions, signal) =>
      asrOptions.purpose === 'final'
        ? asr.transcribe(audio, asrOptions, signal)
        : stream(asr, options, audio, asrOptions, signal),
    [Symbol.asyncDispose]: () => asr[Symbol.asyncDispose](),
  }
}

async function* stream(
  asr: Asr,
  { paceMs = 500, windowMs = 12_000, now = () => performance.now() }: SimulatedStreamingOptions,
  audio: AsyncIterable<PcmChunk>,
  options: AsrOptions,
  signal: AbortSignal,
): AsyncIterable<AsrEvent> {
  const arriving = new ArrivingAudio(audio, asr.capabilities.maxUtteranceMs, signal)
  try {
    while (await arriving.nextPiece()) {
      const agreement = new LocalAgreement()
      let stepMs = paceMs
      while (await arriving.moreThan(stepMs)) {
        const startedMs = now()
        const piece = arriving.piece()
        const found = await decode(asr, trimmed(piece, agreement, windowMs), options, signal)
        stepMs = Math.max(paceMs, 2 * (now() - startedMs))
        const interim = toInterim(found, agreement, piece)
        if (interim) yield interim
      }
      // The whole piece once more: the final does not depend on what was shown before.
      for await (const event of asr.transcribe(once(arriving.piece()), options, signal)) yield event
    }
  } finally {
    arriving.stop()
  }
}

/** The piece, or for a long one its end from shortly before the last confirmed words. */
function trimmed(piece: PcmChunk, agreement: LocalAgreement, windowMs: number): PcmChunk {
  const durationMs = (piece.samples.length * 1000) / SAMPLE_RATE
  const lead = agreement.confirmed.at(-LEAD_WORDS)
  if (durationMs <= windowMs || !lead) return piece
  const fromMs = Math.max(piece.startMs, lead.startMs - LEAD_MS)
  const from = Math.round(((fromMs - piece.startMs) * SAMPLE_RATE) / 1000)
  return { samples: piece.samples.subarray(from), startMs: piece.startMs + (from * 1000) / SAMPLE_RATE }
}

async function decode(asr: Asr, window: PcmChunk, options: AsrOptions, signal: AbortSignal): Promise<Transcription[]> {
  const found: Transcription[] = []
  for await (const event of asr.transcribe(once(window), options, signal)) if (event.type === 'final') found.push(event)
  return found
}

/** Text that the recognizer itself does not trust is not shown while it grows either. */
function toInterim(found: readonly Transcription[], agreement: LocalAgreement, piece: UtteranceAudio): AsrEvent | null {
  const tail = agreement.update(found.filter(({ excluded }) => !excluded).flatMap(wordsOf), piece.endMs)
  const words = [...agreement.confirmed, ...tail]
  if (words.length === 0) return null
  return {
    type: 'interim',
    text: join(words),
    startMs: piece.startMs,
    endMs: words.at(-1)!.endMs,
    confirmedChars: join(agreement.confirmed).length,
  }
}

/** The words, or where the recognizer gives none, the text's with times spread evenly. */
function wordsOf({ text, words, startMs, endMs }: Transcription): Word[] {
  if (words.length > 0) return words
  const texts = text.split(/\s+/).filter(Boolean)
  const stepMs = (endMs - startMs) / texts.length
  return texts.map((word, index) => ({ text: word, startMs: startMs + index * stepMs, endMs: startMs + (index + 1) * stepMs }))
}

const join = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ')

async function* once(chunk: PcmChunk): AsyncIterable<PcmChunk> {
  // A copy: the receiver of a chunk owns it, and this audio is decoded again.
  if (chunk.samples.length > 0) yield { samples: chunk.samples.slice(), startMs: chunk.startMs }
}
