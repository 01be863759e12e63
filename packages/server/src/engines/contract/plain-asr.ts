import type { AsrCapabilities } from '../asr.ts'

/** What a recognizer that tests script can do: the text of whole utterances in any language, and nothing else. */
export const PLAIN_ASR: AsrCapabilities = {
  interim: false,
  wordTimes: false,
  confidence: false,
  punctuation: true,
  languages: 'any',
  detectsLanguage: false,
  hotwords: false,
  speakers: false,
  maxUtteranceMs: 60_000,
}
