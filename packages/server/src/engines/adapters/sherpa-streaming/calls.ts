import type { TokenResult } from '../sherpa/words.ts'
import type { OnlineRecognizerConfig } from './config.ts'

/** The calls of the streaming recognizer's process. Streams are named by the gateway. */
export type StreamingCalls = {
  load: { params: { config: OnlineRecognizerConfig }; result: undefined }
  /** 16 kHz mono of an open utterance; answers what is heard so far. `first` opens the stream. */
  feed: {
    params: { stream: number; first: boolean; samples: Int16Array; language?: string }
    result: TokenResult
  }
  /** The end of the utterance: answers everything and closes the stream. */
  finish: { params: { stream: number }; result: TokenResult }
  close: { params: { stream: number }; result: undefined }
  /** Decodings so far, and how many streams they held together. */
  stats: { params: null; result: { calls: number; streams: number } }
}
