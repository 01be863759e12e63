import { VigiaError } from '@vigia/protocol'
import { abortable } from './abortable.ts'
import type { Asr, AsrCapabilities, AsrEvent, AsrOptions, Decode, Transcription, Word } from './asr.ts'
import type { PcmChunk } from './audio.ts'
import { type UtteranceAudio, utterances } from './utterance-audio.ts'

export interface OfflineAsrOptions {
  id: string
  model: string
  capabilities: AsrCapabilities
  note?: string
  decode: Decode
  dispose: () => Promise<void>
}

/**
 * Makes an `Asr` of a function that decodes whole utterances: audio is collected, bounded by
 * `capabilities.maxUtteranceMs`, and decoded once at its end. Longer audio gives several finals.
 */
export function offlineAsr({ id, model, capabilities, note, decode, dispose }: OfflineAsrOptions): Asr {
  return {
    id,
    model,
    capabilities,
    ...(note ? { note } : {}),
    async *transcribe(audio: AsyncIterable<PcmChunk>, options: AsrOptions, signal: AbortSignal): AsyncIterable<AsrEvent> {
      signal.throwIfAborted()
      assertLanguage(id, capabilities, options.language)
      for await (const utterance of utterances(abortable(audio, signal), capabilities.maxUtteranceMs)) {
        signal.throwIfAborted()
        const result = await decode(utterance.samples, options, signal)
        signal.throwIfAborted()
        if (result.text !== '') yield { type: 'final', ...place(result, utterance) }
      }
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Moves a transcription from the utterance's own time to the session's. */
function place(result: Awaited<ReturnType<Decode>>, { startMs, endMs }: UtteranceAudio): Transcription {
  const onTimeline = (word: Word): Word => ({
    ...word,
    startMs: Math.min(endMs, startMs + word.startMs),
    endMs: Math.min(endMs, startMs + word.endMs),
  })
  return { ...result, words: result.words.map(onTimeline), startMs, endMs }
}

/** @throws VigiaError `language_not_supported` */
export function assertLanguage(id: string, { languages, detectsLanguage }: AsrCapabilities, language: string): void {
  const primary = language.toLowerCase().split('-')[0]!
  if (languages === 'any' || languages.includes(primary)) return
  // A recognizer of one language serves "auto": there is nothing to detect.
  if (primary === 'auto' && (detectsLanguage || languages.length === 1)) return
  throw new VigiaError('language_not_supported', `Expected a language of ${id} (${languages.join(', ')}), got "${language}".`, {
    hint: 'Choose one of these languages, or a recognizer that knows yours.',
  })
}
