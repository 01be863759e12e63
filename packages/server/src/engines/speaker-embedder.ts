/** Voice embeddings: a stretch of one voice in, a vector out; near vectors are the same voice. */
export interface SpeakerEmbedder extends AsyncDisposable {
  readonly id: string
  /** Embeddings of different models cannot be compared. */
  readonly model: string
  readonly dimension: number
  readonly thresholds: EmbeddingThresholds
  /**
   * @param samples - 16 kHz mono of one voice; a second and more is useful
   * @returns unit length; null when there is too little to tell
   * @throws VigiaError `diarization_failed`, `engine_crashed`; the signal's reason when aborted
   */
  embed(samples: Int16Array, signal: AbortSignal): Promise<Float32Array | null>
}

/** What is lent to those who do not own the model. */
export type VoiceReader = Omit<SpeakerEmbedder, 'id' | typeof Symbol.asyncDispose>

/** Bounds that belong to an embedding model, cosine. */
export interface EmbeddingThresholds {
  /** Clusters nearer than this distance are one speaker. */
  mergeDistance: number
  /** A known voice is named from this similarity on … */
  matchSimilarity: number
  /** … when the second best is this much less similar. */
  matchMargin: number
}
