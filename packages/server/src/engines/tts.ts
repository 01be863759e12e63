/** Speech synthesis: one sentence in, audio out as it is made. */

export interface Voice {
  id: string
  language: string
  name: string
}

export interface SynthesisRequest {
  /** One sentence or fragment, already written as it is to be spoken. */
  text: string
  language: string
  voice?: string
  /** 1 is normal. */
  speed?: number
}

export interface SpeechChunk {
  /** Mono 16-bit PCM; owned by the receiver. */
  samples: Int16Array
  sampleRate: number
}

export interface Tts extends AsyncDisposable {
  readonly id: string
  readonly model: string
  readonly voices: readonly Voice[]
  /**
   * @throws VigiaError `tts_failed`, `engine_crashed`, `language_not_supported`; the signal's reason when aborted
   */
  synthesize(request: SynthesisRequest, signal: AbortSignal): AsyncIterable<SpeechChunk>
}
