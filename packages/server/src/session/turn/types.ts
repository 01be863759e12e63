import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import type { IgnoredReason, ListenMode, TurnDetection } from '../assistant.ts'

/** The words of the turn core: its state, what it is told, what it wants done. Times are milliseconds of one clock. */

declare const brand: unique symbol
export type TurnId = string & { readonly [brand]: 'turn' }
/** Number of an answer. Output of a lower one is dropped when a higher one exists. */
export type Generation = number & { readonly [brand]: 'generation' }

export const turnId = (n: number): TurnId => `t${n}` as TurnId
export const generation = (n: number): Generation => n as Generation

/** Delays and thresholds. Sources: peers' defaults, as noted. */
export interface TurnOptions {
  /** Speech end → end of turn, when the judge says complete. */
  minDelayMs: number
  /** The same when it does not, or does not answer. */
  maxDelayMs: number
  /** Complete at or above. */
  judgeThreshold: number
  /** Speech this soon after the end continues the same turn as its next revision. */
  reopenMs: number
  /** An answer paused at a sound goes on after this, when no words came. */
  resumeMs: number
  /** The recognizer has this long for a final text; then the newest interim counts. */
  textDeadlineMs: number
  /** After an answer, speech is taken for addressed this long. */
  followUpMs: number
  /** Echo of an answer is expected this long after its sound. */
  echoMs: number
  /** Speculative answers per turn. */
  maxSpeculations: number
  /** Without its client an answer waits this long. */
  detachedMs: number
}

/**
 * Minimum and maximum delay as LiveKit's with a streaming detector (300/2500) raised by what interim text lags; reopen time of
 * HF speech-to-speech (800); resume of LiveKit (2000); follow-up between jarvis (3 s) and 30 s.
 */
export const DEFAULT_TURN: TurnOptions = {
  minDelayMs: 500,
  maxDelayMs: 2500,
  judgeThreshold: 0.4,
  reopenMs: 800,
  resumeMs: 2000,
  textDeadlineMs: 3000,
  followUpMs: 12_000,
  echoMs: 2000,
  maxSpeculations: 3,
  detachedMs: 30_000,
}

/** The settings of the session that decisions depend on. */
export interface TurnSettings {
  listen: ListenMode
  turnDetection: TurnDetection
  autoReply: boolean
  bargeIn: boolean
  /** Folded names it answers to. */
  names: readonly string[]
  /** `active`: the client removes our own voice from its microphone. */
  aec: 'active' | 'none' | 'unknown'
  /** Start the answer before the turn is surely over. */
  speculate: boolean
  /** The engine that answers hears by itself: words that the recognizer does not trust are no hindrance. */
  omni: boolean
}

/** One utterance of a turn. */
export interface Heard {
  readonly id: string
  readonly text: string
  /** All its final texts are in. */
  readonly done: boolean
  /** The recognizer itself says that this text does not count. */
  readonly unreliable: boolean
  /** Whether the voice is an enrolled one; null while or where it cannot be told. */
  readonly familiarity: Familiarity | null
}

/**
 * `speaking`: the user speaks. `candidate`: a short silence, perhaps the end. `awaiting_text`: over, its final text is on the way.
 * `addressing`: somebody must say whether it was meant for us. `settled`: committed or ignored; may reopen.
 */
export type TurnPhase = 'speaking' | 'candidate' | 'awaiting_text' | 'addressing' | 'settled'

export interface UserTurn {
  readonly id: TurnId
  readonly revision: number
  readonly phase: TurnPhase
  readonly heard: readonly Heard[]
  /** Id of the utterance that is still open in the recognizer. */
  readonly open: string | null
  readonly speechEndMs: number
  readonly probability: number | null
  readonly speculations: number
  /** Manual: the button said so. */
  readonly manual: boolean
  readonly ignored: boolean
  /** An answer was asked for by the client. */
  readonly wanted: boolean
}

export interface ToolRun {
  readonly callId: string
  readonly effect: 'read' | 'mutating'
  /** It has changed something: it cannot be undone. */
  readonly committed: boolean
}

/**
 * `speculative`: made, not let out. `thinking`: wanted, nothing heard of it yet. `speaking`: sound is going out.
 */
export interface Reply {
  readonly generation: Generation
  readonly turn: TurnId | null
  readonly phase: 'speculative' | 'thinking' | 'speaking'
  /** Held: by a sound of the user, or by a lost connection. */
  readonly heldBy: 'onset' | 'detached' | null
  /** The words that a speculative answer answers. */
  readonly promptWords: string
  readonly spoken: string
  /** Everything is handed over. */
  readonly complete: boolean
  readonly tools: readonly ToolRun[]
}

/** A sound heard while an answer is there or a turn may reopen: nobody knows yet whether it is meant. */
export interface Onset {
  readonly heard: readonly Heard[]
  readonly startMs: number
  readonly stopped: boolean
  readonly reopens: boolean
}

export interface TurnState {
  readonly settings: TurnSettings
  readonly turn: UserTurn | null
  readonly onset: Onset | null
  readonly reply: Reply | null
  readonly lastTurn: number
  readonly lastGeneration: number
  /** Mean of this speaker's pauses inside turns; null before the first. */
  readonly pauseMs: number | null
  /** Push-to-talk: the button is down. */
  readonly holding: boolean
  readonly attached: boolean
  /** Words of the last answers, with the time until which their echo may be heard. */
  readonly echoes: readonly { words: readonly string[]; untilMs: number }[]
  /** When the last answer ended, and whether it asked something. */
  readonly answeredMs: number | null
  readonly askedBack: boolean
  /** Our own voice has come back through this microphone: sound alone says nothing any more. */
  readonly hearsItself: boolean
}

export type TimerName = 'min' | 'max' | 'text' | 'resume' | 'detached'

/** What the core is told. `nowMs` comes with every input. */
export type TurnInput =
  | { type: 'settings'; settings: TurnSettings }
  | { type: 'speech_started'; utteranceId: string; startMs: number }
  | { type: 'pause'; speechEndMs: number }
  | { type: 'resume' }
  | { type: 'speech_stopped'; speechEndMs: number }
  | { type: 'interim'; utteranceId: string; text: string }
  | { type: 'final'; utteranceId: string; text: string; unreliable: boolean; familiarity?: Familiarity | null }
  | { type: 'utterance_done'; utteranceId: string }
  | { type: 'judged'; turn: TurnId; revision: number; probability: number }
  | { type: 'addressed'; turn: TurnId; revision: number; addressed: boolean; reason: string }
  | { type: 'typed'; text: string }
  | { type: 'respond' }
  | { type: 'interrupt'; reason: string }
  | { type: 'activity_start' }
  | { type: 'activity_end' }
  | { type: 'attached' }
  | { type: 'detached' }
  | { type: 'timer'; name: TimerName }
  /** The first sound (or, without voice, text) of an answer went out. */
  | { type: 'reply_audible'; generation: Generation }
  /** Text that is being spoken now. */
  | { type: 'reply_spoke'; generation: Generation; text: string }
  /** Everything was handed over; the sound may still play. */
  | { type: 'reply_complete'; generation: Generation }
  /** Its last sound was heard. */
  | { type: 'reply_finished'; generation: Generation }
  | { type: 'tool_started'; generation: Generation; callId: string; effect: 'read' | 'mutating' }
  | { type: 'tool_committed'; generation: Generation; callId: string }
  | { type: 'tool_finished'; generation: Generation; callId: string }

/** What the core wants done. */
export type TurnEffect =
  | { type: 'turn_started'; turn: TurnId; startMs: number }
  | { type: 'ask_judge'; turn: TurnId; revision: number; text: string }
  | { type: 'ask_addressed'; turn: TurnId; revision: number; text: string; familiarity: Familiarity | null }
  /** Close the open utterance now, so that its final text comes at once. */
  | { type: 'end_utterance' }
  | {
      type: 'commit_turn'
      turn: TurnId
      revision: number
      text: string
      typed: boolean
      utterances: string[]
      speechEndMs: number
    }
  | { type: 'ignore_turn'; turn: TurnId; revision: number; text: string; reason: IgnoredReason; utterances: string[] }
  | { type: 'start_reply'; generation: Generation; turn: TurnId | null; text: string; speculative: boolean }
  /** A speculative answer turned out right. */
  | { type: 'release_reply'; generation: Generation }
  | { type: 'hold_output'; generation: Generation }
  | { type: 'resume_output'; generation: Generation }
  | { type: 'cancel_reply'; generation: Generation; reason: string }
  | { type: 'cancel_tools'; callIds: string[] }
  /** Too late to cancel: the tool goes on and its result is told later. */
  | { type: 'detach_tools'; callIds: string[] }
  | { type: 'set_timer'; name: TimerName; atMs: number }
  | { type: 'clear_timer'; name: TimerName }
  | {
      type: 'decision'
      decision: string
      reason: string
      turn?: TurnId
      revision?: number
      generation?: Generation
      values?: Record<string, number | string | boolean>
    }

export const DEFAULT_TURN_SETTINGS: TurnSettings = {
  listen: 'conversation',
  turnDetection: 'auto',
  autoReply: true,
  bargeIn: true,
  names: ['vigia'],
  aec: 'unknown',
  speculate: true,
  omni: false,
}

export const initialTurn = (settings: Partial<TurnSettings> = {}): TurnState => ({
  settings: { ...DEFAULT_TURN_SETTINGS, ...settings },
  turn: null,
  onset: null,
  reply: null,
  lastTurn: 0,
  lastGeneration: 0,
  pauseMs: null,
  holding: false,
  attached: true,
  echoes: [],
  answeredMs: null,
  askedBack: false,
  hearsItself: false,
})
