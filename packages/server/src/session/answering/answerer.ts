import type { LlmMessage } from '../../engines/llm.ts'
import type { SeenFrame } from '../assistant.ts'

/** What can answer: a language model, an engine that hears and sees by itself, or a few rules. */

export interface AnswerRequest {
  /** The user's words; empty when an answer was asked for without any. */
  text: string
  /** BCP 47 primary tag of the answer. */
  language: string
  /** The conversation before it, oldest first. */
  history: readonly LlmMessage[]
  /** The newest photo, its picture, and its age in ms. */
  frame: { seen: SeenFrame; jpeg: Uint8Array | null; ageMs: number } | null
  /** The words ask for what is seen. */
  aboutSight: boolean
  /** Sound of the turn, for engines that hear by themselves. */
  audio: { samples: Int16Array; sampleRate: number } | null
  /** False while the answer is speculative: tools that change something wait. */
  released: Promise<void>
  instructions?: string | undefined
  maxTokens?: number | undefined
  temperature?: number | undefined
  /** It begins with a call of one of these tools. */
  forcedTools?: readonly string[] | undefined
}

export type AnswerEvent =
  | { type: 'asked' }
  | { type: 'text'; text: string }
  /** Said on the way, not part of the answer's own text: progress of a slow tool. */
  | { type: 'aside'; text: string }
  /** The limit of tokens ended it. */
  | { type: 'cut' }

export interface Answerer {
  readonly id: string
  /** Streams one answer. @throws VigiaError of the engine; the signal's reason when aborted */
  answer(request: AnswerRequest, signal: AbortSignal): AsyncIterable<AnswerEvent>
}
