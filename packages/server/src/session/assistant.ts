import type { Observation } from '@vigia/protocol'

/**
 * The assistant of a live session as every protocol sees it: what may be told to it and what it makes happen.
 * Knows no wire. `answering/` implements it; a session whose mode is `transcribe` has none.
 *
 * Speech needs no call here: audio goes through `LiveSession.audio`, and its words reach the assistant by themselves.
 */

/** Who decides when the user's turn begins and ends. */
export type TurnDetection =
  /** Voice activity and the turn judge. */
  | 'auto'
  /** The client: `activityStart` and `activityEnd` (push-to-talk). */
  | 'manual'

/** How freely the assistant answers. */
export type ListenMode =
  /** One to one: everything that is not plainly meant for others is answered. */
  | 'conversation'
  /** Open talk of several people: silent unless it was addressed. */
  | 'always_on'
  /** Only between `activityStart` and `activityEnd`; all of that is answered. */
  | 'push_to_talk'

/** A tool that the client runs itself: the call goes out as `tool_call`, the answer comes by `toolResult`. */
export interface ClientTool {
  name: string
  description: string
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>
  /** Changes something in the world; `read` may be aborted and repeated. Default `mutating`. */
  effect?: 'read' | 'mutating'
}

/** How much of a conversation the model is shown, in tokens. */
export interface HistoryBudget {
  triggerTokens: number
  targetTokens: number
}

/** Everything of the assistant that a client may choose, and change while the session runs. */
export interface AssistantSettings {
  listen: ListenMode
  turnDetection: TurnDetection
  /** False: a finished turn is only told (`turn_committed`); an answer needs `respond()`. */
  autoReply: boolean
  /** False: speech never stops an answer; `interrupt()` still does. */
  bargeIn: boolean
  /** `off`: answers come as `reply_text` fragments alone, for a client that speaks with its own voice. */
  voice: 'on' | 'off'
  voiceId?: string
  /** 1 is normal. */
  speed?: number
  /** Rate of `reply_audio`, Hz; the voice's own where it is left out. */
  outputSampleRate?: number
  /** `paced`: at most 300 ms ahead of real time, so that what was sent is what was heard. `burst`: as fast as it is made. */
  pacing: 'paced' | 'burst'
  /** Added to the assistant's own instructions. */
  instructions?: string
  /** Names that it answers to. */
  names: string[]
  tools: ClientTool[]
  /** Each answer begins with a call of one of these tools. */
  forcedTools?: readonly string[] | undefined
  /** The turn is over after so much silence, however unfinished its words sound, ms; the server's own where it is left out. */
  maxTurnDelayMs?: number | undefined
  /** Above `triggerTokens` old turns give way to a summary until `targetTokens` are left; the server's own where it is left out. */
  history?: HistoryBudget | undefined
  maxTokens?: number
  temperature?: number
}

export const DEFAULT_ASSISTANT: AssistantSettings = {
  listen: 'conversation',
  turnDetection: 'auto',
  autoReply: true,
  bargeIn: true,
  voice: 'on',
  pacing: 'paced',
  names: ['vigía'],
  tools: [],
}

/** One message of an earlier conversation that the assistant should know. */
export interface ContextItem {
  role: 'user' | 'assistant' | 'system'
  text: string
  /** Name by which its teller may change it later. */
  item?: string
  /** It stands behind the first of these that the conversation has, before everything where it has none; at the end without them. */
  after?: readonly MessageRef[]
}

/** One message of the conversation: what a client told, what the user said in a turn, what was heard of an answer. */
export type MessageRef = { item: string } | { turnId: string } | { replyId: number }

/** Inputs. They never throw for reasons of timing: what comes too late is ignored and told as a `decision`. */
export interface AssistantInput {
  readonly settings: Readonly<AssistantSettings>
  configure(patch: Partial<AssistantSettings>): void
  /** Typed input: a whole turn of the user. Stops an answer in progress. */
  text(text: string): void
  /** Adds to the conversation without asking for an answer. */
  context(items: readonly ContextItem[]): void
  /** Puts other words in the place of a message; none take it out. What a summary has taken up stays in it. */
  rewrite(message: MessageRef, text: string): void
  /** A photo is not shown to the model any more. */
  forgetPhoto(frameId: string): void
  /** Asks for an answer now, from what is there. */
  respond(): void
  /** Stops the answer, if there is one. */
  interrupt(reason?: string): void
  /** How much of the answer was heard, ms from its start. */
  playback(report: { playedMs: number; replyId?: number }): void
  /** Push-to-talk: the button goes down and up. */
  activityStart(): void
  activityEnd(): void
  /** The answer of a client's tool. A call that was cancelled takes none. */
  toolResult(result: { callId: string; content: string; isError?: boolean }): void
}

/** Why speech got no answer. */
export type IgnoredReason = 'filler' | 'backchannel' | 'echo' | 'not_addressed' | 'other_person' | 'nothing_said' | 'unreliable'

/** Times of one turn, ms; each part is the time since the one before it, so that the parts add up to the whole. */
export interface TurnTrace {
  turnId: string
  revision: number
  replyId: number
  /** Milliseconds since 1970 at which speech ended. */
  speechEndedAt: number
  /** What each part of the way took; null where it did not happen. In this order. */
  parts: {
    /** Speech end → the turn was taken for finished: the endpoint wait. */
    turnEnd: number | null
    /** → final text of the recognizer. */
    finalText: number | null
    /** → the language model was asked. */
    requested: number | null
    /** → its first token. */
    firstToken: number | null
    /** → first fragment to be spoken. */
    firstSentence: number | null
    /** → first audio of the voice. */
    firstAudio: number | null
    /** → handed to the transport. */
    firstSent: number | null
    /** → heard, as the client reported. */
    heard: number | null
  }
  /** Speech end → first audio handed to the transport (or first text when there is no voice). */
  totalMs: number
}

/** What the assistant makes happen. `replyId` is the generation: nothing of a lower one follows a higher one. */
export type AssistantEvent =
  /** The user has begun a turn. */
  | { type: 'turn_started'; turnId: string; atMs: number }
  /** The turn is over and counts. Speech within the reopen time makes it again with the next revision. */
  | { type: 'turn_committed'; turnId: string; revision: number; text: string; typed: boolean }
  /** Heard, not for me. */
  | { type: 'turn_ignored'; turnId: string; revision: number; text: string; reason: IgnoredReason }
  | { type: 'reply_started'; replyId: number; turnId: string | null }
  /** One fragment, as it is shown; its audio (if any) follows. `fragment` counts from 0. */
  | { type: 'reply_text'; replyId: number; fragment: number; text: string }
  /** `samples` are owned by the receiver. `startMs`: where they lie in the answer. */
  | { type: 'reply_audio'; replyId: number; fragment: number; samples: Int16Array; sampleRate: number; startMs: number }
  /** Somebody began to speak: hold the sound until `reply_resumed` or `reply_interrupted`. */
  | { type: 'reply_paused'; replyId: number }
  | { type: 'reply_resumed'; replyId: number }
  /** Everything of this answer was handed over. */
  | {
      type: 'reply_done'
      replyId: number
      text: string
      /** The limit of tokens ended it. */
      cut?: boolean
    }
  /** Throw away what is not played yet. `heardText` is what the conversation remembers of it. */
  | { type: 'reply_interrupted'; replyId: number; heardText: string; playedMs: number; reason: string }
  | { type: 'tool_call'; replyId: number; callId: string; name: string; arguments: Record<string, unknown> }
  | { type: 'tool_cancel'; callIds: string[] }
  /** A new photo would help. */
  | { type: 'need_frame'; reason: 'none' | 'stale'; maxAgeMs: number }
  /** Why something was or was not done; for clients that asked for `decisions`. */
  | {
      type: 'decision'
      /** Milliseconds of the session timeline. */
      atMs: number
      decision: string
      reason: string
      turnId?: string
      revision?: number
      replyId?: number
      values?: Record<string, number | string | boolean>
    }
  | { type: 'turn_trace'; trace: TurnTrace }

/** The newest photo of the session as the assistant knows it. */
export interface SeenFrame {
  frameId: string
  /** Milliseconds since 1970. */
  capturedAt: number
  observation: Observation
}
