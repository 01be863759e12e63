import type { ExcludedReason, Segment, Tier } from '@vigia/protocol'
import type { PcmChunk } from '../../engines/audio.ts'
import type { Llm } from '../../engines/llm.ts'
import type { Tts } from '../../engines/tts.ts'
import type { TurnJudge } from '../../engines/turn-judge.ts'
import type { Clock } from '../../std/clock.ts'
import type { AssistantEvent, AssistantSettings, TurnTrace } from '../assistant.ts'
import type { TurnOptions, TurnSettings } from '../turn/types.ts'
import type { Answerer } from './answerer.ts'
import type { ConversationState } from './conversation.ts'
import type { AssistantTool, ToolRunner } from './tools.ts'

/** What the assistant of a session stands on. */

export interface AssistantEngines {
  llm: Llm | null
  tts: Tts | null
  judge: TurnJudge | null
  /** Hears and sees by itself; takes the place of recognizer and language model. */
  omni?: Llm | null
}

export interface AssistantOptions {
  clock: Clock
  engines: AssistantEngines
  language: string
  aec: TurnSettings['aec']
  settings: Partial<AssistantSettings>
  turn?: Partial<TurnOptions>
  conversation?: ConversationState | null
  /** Makes the answerer; asked at each answer. */
  answerer: (tools: ToolRunner) => Answerer
  /** Tools besides the client's. */
  tools: readonly AssistantTool[]
  emit: (event: AssistantEvent) => void
  onError: (error: unknown) => void
  /** Milliseconds of the timeline that were heard so far. */
  receivedMs: () => number
  /** Closes the open utterance; resolves when everything received so far was heard. */
  endUtterance: () => Promise<void>
  /** The last `ms` of sound before a moment of the timeline. */
  recentAudio: (ms: number) => PcmChunk | null
  /** What the session gets under load, now. */
  tier: () => Tier
  /** Marks text of the transcript as not counting. */
  exclude: (segments: Segment[], reason: ExcludedReason) => void
  readFrame: (frameId: string) => Promise<Uint8Array | null>
  /** Keeps the conversation for a restart. */
  save: (state: ConversationState) => void
  /** Told of each answer's times. */
  onTrace?: ((trace: TurnTrace) => void) | undefined
  /** A new photo is waited for this long. */
  frameWaitMs?: number
}
