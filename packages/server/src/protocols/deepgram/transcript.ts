import type { Segment } from '@vigia/protocol'
import { wordsOf } from '../openai/transcript-formats.ts'

/** Segments as Deepgram's words, sentences, paragraphs and utterances. Times in seconds. Pure. */

export interface DeepgramWord {
  word: string
  start: number
  end: number
  confidence: number
  punctuated_word?: string
  speaker?: number
}

/** Where the recognizer gives no confidence, certainty is not invented: a middling value. */
const UNKNOWN_CONFIDENCE = 0.5

/** Numbers speakers from 0 in order of appearance. */
export class SpeakerNumbers {
  readonly #labels: string[] = []

  of(label: string | undefined): number {
    const key = label ?? 'S1'
    if (!this.#labels.includes(key)) this.#labels.push(key)
    return this.#labels.indexOf(key)
  }
}

export interface WordOptions {
  punctuate: boolean
  /** Speaker of a segment's words; left out where none was asked for. */
  speaker?: ((segment: Segment, word: number) => number) | undefined
}

export function toWords(segment: Segment, { punctuate, speaker }: WordOptions): DeepgramWord[] {
  return wordsOf(segment).map(({ word, start, end }, i) => ({
    word: bare(word),
    start,
    end,
    confidence: segment.words?.[i]?.confidence ?? segment.confidence ?? UNKNOWN_CONFIDENCE,
    ...(punctuate ? { punctuated_word: word } : {}),
    ...(speaker ? { speaker: speaker(segment, i) } : {}),
  }))
}

/** Lower case without marks at its ends. */
export const bare = (word: string): string =>
  word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}%€$]+$/gu, '') || word.toLowerCase()

export const transcriptOf = (words: readonly DeepgramWord[], punctuate: boolean): string =>
  words.map((word) => (punctuate ? (word.punctuated_word ?? word.word) : word.word)).join(' ')

export const confidenceOf = (words: readonly DeepgramWord[]): number =>
  words.length === 0 ? 0 : round(words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length)

/** Splits where nobody speaks for `splitMs`, and where the speaker changes. */
export function toUtterances(words: readonly DeepgramWord[], splitMs: number, channel: number, newId: () => string) {
  return groups(words, (a, b) => (b.start - a.end) * 1000 >= splitMs || a.speaker !== b.speaker).map((group) => ({
    start: group[0]!.start,
    end: group.at(-1)!.end,
    confidence: confidenceOf(group),
    channel,
    transcript: transcriptOf(group, true),
    words: group,
    ...(group[0]!.speaker === undefined ? {} : { speaker: group[0]!.speaker }),
    id: newId(),
  }))
}

/** A paragraph ends with the speaker, or after this many sentences. */
const MAX_SENTENCES = 5

export function toParagraphs(words: readonly DeepgramWord[]) {
  const sentences = groups(
    words,
    (a, b) => /[.!?…]["»”')]*$/u.test(a.punctuated_word ?? '') || a.speaker !== b.speaker || b.start - a.end > 2,
  )
  const paragraphs: DeepgramWord[][][] = []
  for (const sentence of sentences) {
    const last = paragraphs.at(-1)
    if (last && last.length < MAX_SENTENCES && last[0]![0]!.speaker === sentence[0]!.speaker) last.push(sentence)
    else paragraphs.push([sentence])
  }
  return {
    transcript: paragraphs
      .map((paragraph) => `\n${paragraph.map((sentence) => transcriptOf(sentence, true)).join(' ')}`)
      .join('\n'),
    paragraphs: paragraphs.map((paragraph) => ({
      sentences: paragraph.map((sentence) => ({
        text: transcriptOf(sentence, true),
        start: sentence[0]!.start,
        end: sentence.at(-1)!.end,
      })),
      num_words: paragraph.flat().length,
      start: paragraph[0]![0]!.start,
      end: paragraph.at(-1)!.at(-1)!.end,
      ...(paragraph[0]![0]!.speaker === undefined ? {} : { speaker: paragraph[0]![0]!.speaker }),
    })),
  }
}

function groups<T>(items: readonly T[], breaks: (a: T, b: T) => boolean): T[][] {
  return items.reduce<T[][]>((out, item) => {
    const last = out.at(-1)
    if (last && !breaks(last.at(-1)!, item)) last.push(item)
    else out.push([item])
    return out
  }, [])
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4
