import type { Segment } from '@vigia/protocol'
import { renderSrt, renderVtt } from '../../analysis/render/subtitles.ts'
import { languageName } from '../compat/language.ts'
import type { FinishedTranscript } from '../compat/transcribe.ts'

/** A transcript in the forms of `/v1/audio/transcriptions`. Pure. */

export const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number]

export interface FormatOptions {
  task: 'transcribe' | 'translate'
  words: boolean
  segments: boolean
}

/** Text forms must not be JSON by type: the client would parse them. */
export const FORMAT_TYPES: Readonly<Record<TranscriptFormat, string>> = {
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
  srt: 'application/x-subrip; charset=utf-8',
  verbose_json: 'application/json',
  vtt: 'text/vtt; charset=utf-8',
  diarized_json: 'application/json',
}

export function formatTranscript(format: TranscriptFormat, transcript: FinishedTranscript, options: FormatOptions): unknown {
  const { text, segments } = transcript
  switch (format) {
    case 'json':
      return { text, usage: usageOf(transcript) }
    case 'text':
      return `${text}\n`
    case 'srt':
      return renderSrt(withoutSpeakers(segments))
    case 'vtt':
      return renderVtt(withoutSpeakers(segments))
    case 'verbose_json':
      return verbose(transcript, options)
    case 'diarized_json':
      return {
        task: options.task,
        duration: transcript.durationMs / 1000,
        text,
        segments: diarized(segments),
        usage: usageOf(transcript),
      }
  }
}

export const usageOf = ({ durationMs }: Pick<FinishedTranscript, 'durationMs'>) => ({
  type: 'duration' as const,
  seconds: Math.ceil(durationMs / 1000),
})

function verbose(transcript: FinishedTranscript, { task, words, segments }: FormatOptions) {
  return {
    task,
    language: task === 'translate' ? 'english' : languageName(transcript.language),
    duration: transcript.durationMs / 1000,
    text: transcript.text,
    ...(segments ? { segments: transcript.segments.map(verboseSegment) } : {}),
    ...(words ? { words: transcript.segments.flatMap(wordsOf) } : {}),
    usage: usageOf(transcript),
  }
}

function verboseSegment(segment: Segment, index: number) {
  return {
    id: index,
    seek: Math.round(segment.start * 100),
    start: segment.start,
    end: segment.end,
    text: ` ${segment.text}`,
    tokens: [],
    temperature: 0,
    // mean log probability: of the recognizer's own confidence where it gives one, else of certainty
    avg_logprob: round(Math.log(Math.max(segment.confidence ?? 1, 1e-4))),
    compression_ratio: 1,
    no_speech_prob: 0,
  }
}

/** Words of a segment; their times spread evenly where the recognizer gave none. */
export function wordsOf(segment: Segment): { word: string; start: number; end: number }[] {
  if (segment.words?.length) return segment.words.map(({ text, start, end }) => ({ word: text, start, end }))
  const texts = segment.text.split(/\s+/).filter((text) => text !== '')
  const step = (segment.end - segment.start) / Math.max(texts.length, 1)
  return texts.map((word, i) => ({ word, start: round(segment.start + i * step), end: round(segment.start + (i + 1) * step) }))
}

/** Segments with speakers `A`, `B` … in order of appearance. */
export function diarized(segments: readonly Segment[]) {
  const labels: string[] = []
  return segments.map((segment, i) => {
    const label = segment.speaker ?? 'S1'
    if (!labels.includes(label)) labels.push(label)
    return {
      type: 'transcript.text.segment' as const,
      id: `seg_${i}`,
      start: segment.start,
      end: segment.end,
      text: segment.text,
      speaker: letters(labels.indexOf(label)),
    }
  })
}

/** 0 → A, 25 → Z, 26 → AA */
const letters = (index: number): string =>
  (index < 26 ? '' : letters(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26))

const withoutSpeakers = (segments: readonly Segment[]) => segments.map(({ speaker: _speaker, ...segment }) => segment)

const round = (value: number): number => Math.round(value * 1000) / 1000
