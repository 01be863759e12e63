import type { Recording, Span } from './audio.ts'
import type { VoiceReader } from './speaker-embedder.ts'

/** Who spoke when, over a whole recording. */

/** One turn of one voice. Turns may overlap. */
export interface SpeakerTurn extends Span {
  /** `S1`, `S2` … in order of first appearance. */
  speaker: string
  /** 0–1: how much closer the voice is to this speaker than to the next best. */
  confidence: number
}

export interface DiarizationRequest {
  recording: Recording
  /** Where speech was heard, in order. */
  speech: readonly Span[]
  /** Utterances with text, in order; a diarizer that works per utterance uses these as units. */
  utterances: readonly Span[]
  /** Number of speakers, when known. */
  speakers?: number
  /** Told of a stretch whose voices the engine refuses to hear; what is said there has no speaker of its own. */
  onRefused?: ((span: Span) => void) | undefined
}

export interface Diarizer extends AsyncDisposable {
  readonly id: string
  readonly model: string
  /** Embeddings of single voices, where it has a model of them: for live labels and known voices. */
  readonly voices?: VoiceReader
  /**
   * @param onProgress - called with the share that is done, 0–1
   * @throws VigiaError `diarization_failed`, `engine_crashed`; the signal's reason when aborted
   */
  diarize(request: DiarizationRequest, signal: AbortSignal, onProgress?: (done: number) => void): Promise<SpeakerTurn[]>
}
