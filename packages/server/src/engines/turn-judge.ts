import type { PcmChunk } from './audio.ts'

/** Judges whether the speaker has finished, from the sound or the words of the turn so far. */
export interface TurnJudge extends AsyncDisposable {
  readonly id: string
  readonly model: string
  /** Probability (0–1) that the turn is complete. `audio` is the end of the turn, at most 8 s; `text` its words so far. */
  judge(turn: { audio: PcmChunk; text: string; language: string }, signal: AbortSignal): Promise<number>
}
