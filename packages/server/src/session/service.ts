import type { ConfigMessage, Consent, EngineInfo, Limits, Observation, Report, Segment, Tier } from '@vigia/protocol'
import type { Span } from '../store/store.ts'
import type { AssistantEvent, AssistantInput, AssistantSettings } from './assistant.ts'
import type { EndpointingOptions } from './endpointing.ts'

/** What the transports ask of the session room. `sessions.ts` implements it. */

/** What happens in a session, in the order it happens. Times in milliseconds of the session timeline. */
export type SessionEvent =
  | { type: 'durable'; receivedBytes: number }
  | { type: 'speech_started'; atMs: number; utteranceId?: string }
  | { type: 'speech_stopped'; atMs: number }
  | { type: 'interim'; utteranceId: string; text: string; startMs: number; confirmedChars: number }
  | { type: 'segment'; segment: Segment }
  | { type: 'final'; text: string; durationMs: number; segments: Segment[]; truncated: boolean }
  | { type: 'progress'; stage: string; done: number; total: number }
  | { type: 'report'; report: Report }
  | { type: 'observation'; observation: Observation }
  | { type: 'alert'; frameId: string; what: string; why: string; where: string; severity: 'low' | 'medium' | 'high' }
  | { type: 'degraded'; tier: Tier; reason: string }
  /** Audio that could not be decoded; the session goes on behind it. */
  | { type: 'damage'; atMs: number; bytes: number; reason: string }
  /** A short silence inside an utterance: a candidate for the end of a turn. */
  | { type: 'pause'; atMs: number }
  | { type: 'resume'; atMs: number }
  /** Another connection took the session over. */
  | { type: 'superseded' }
  /** It has lasted as long as a session may; it is being finished. */
  | { type: 'expired'; maxMs: number }
  | { type: 'error'; error: unknown; item?: string }
  /** The session needs nothing more from its client: report ready, or nothing to analyse. */
  | { type: 'closed' }
  /** Mode `assistant` only. */
  | AssistantEvent

/** Listens to one session. Called synchronously; must not throw. */
export type SessionListener = (event: SessionEvent) => void

/** What a client asked for: the `config` message less the resume token. */
export type SessionConfig = Omit<ConfigMessage, 'type' | 'resume_token'> & {
  /** Mode `assistant`: settings beyond the wire's, as a translator of another API makes them. */
  assistantSettings?: Partial<AssistantSettings>
  /** When an utterance begins and ends, where a client of another API chooses it. */
  endpointing?: Partial<EndpointingOptions>
  /** False: its client opted out of storing; what a crash left of it is erased at the next start. */
  keep?: boolean
}

/** A session that a client is connected to. Methods take the newest connection only; an older one gets `session_superseded`. */
export interface LiveSession {
  readonly id: string
  readonly config: SessionConfig
  /** To be shown once to the client; a new one comes with each connection. */
  readonly resumeToken: string
  /** Durable bytes of the stream: the client sends again from here. */
  readonly receivedBytes: number
  readonly tier: Tier
  /** Bytes that came and are not yet durable; a transport stops reading above `maxInflightBytes`. */
  readonly inflightBytes: number
  /** Bytes of all sessions that are not yet durable. */
  readonly pendingBytes: number
  /** Encoded audio, cut anywhere; raw Opus: one packet. The bytes may be reused after the call. */
  audio(bytes: Uint8Array): void
  /** Audio that never existed. @throws VigiaError `session_superseded` */
  gap(gap: { ms: number; reason: string; gapId?: string }): void
  /** Milliseconds on the session timeline that have been received. */
  readonly receivedMs: number
  /** Mode `assistant`: what may be told to it beside audio; null in mode `transcribe`. */
  readonly assistant: AssistantInput | null
  /** Begin and end of utterances from here on: what is left out is the server's own. */
  endpointing(choice: Partial<EndpointingOptions>): void
  /** Ends the utterance that is being said, as if silence had come; resolves when the text of all that was received is out. */
  flush(): Promise<void>
  /** No more audio: finish and analyse. Resolves when that is durable; the results come as events. */
  end(): Promise<void>
  /** The client went away; the session waits for it for the grace time. */
  detach(): void
}

/** One live session as operations see it. */
export interface SessionStatus {
  id: string
  state: 'live' | 'detached'
  tier: Tier
  connectedMs: number
  receivedBytes: number
  durableBytes: number
  /** Seconds of audio whose text is not out yet. */
  lagSeconds: number
  /** Chunks per second over the last seconds. */
  chunkRate: number
  client: string | null
}

export interface SessionLoad {
  /** Sessions that may be heard live at once. */
  slots: number
  listening: number
  live: number
  refusing: 'draining' | 'sessions' | 'disk' | null
  /** Seconds after which it is worth to come again. */
  retryAfterS: number
}

export interface Opened {
  session: LiveSession
  engines: Record<string, EngineInfo>
  limits: Limits
}

export interface SessionService extends AsyncDisposable {
  /**
   * Opens a session, or resumes it when `resumeToken` is given.
   *
   * @throws VigiaError `session_exists`, `session_not_found`, `resume_denied`, `session_not_live`, `unsupported_codec`,
   * `invalid_audio_format`, `session_limit`, `storage_failed`
   */
  open(config: SessionConfig, resumeToken: string | undefined, owner: string | null, listener: SessionListener): Promise<Opened>
  /** Listens to a session that may be live or being finished; returns the function that stops it. */
  subscribe(sessionId: string, listener: SessionListener): () => void
  status(): SessionStatus[]
  /** Sessions that may be heard live, are, and wait to be finished; `refusing` says why a new one would not be taken, null where it would. */
  load(): SessionLoad
  /** Stores a whole recording as a session and starts its analysis. @throws VigiaError `unsupported_codec`, `invalid_audio` */
  ingest(recording: RecordingUpload): Promise<{ sessionId: string }>
  /** Ends a session whose client will not do it. @throws VigiaError `session_not_found` */
  finish(sessionId: string): Promise<void>
  /** Makes transcript (unless `reuseTranscript`) and report again from what is stored. @throws VigiaError `session_not_found`, `session_not_live` */
  analyze(sessionId: string, options?: { reuseTranscript?: boolean }): Promise<void>
  /**
   * Erases a span for good: its sound, words and photos. In a session that is open its words stop counting now, and the rest goes when
   * it has ended. @throws VigiaError `session_not_found`, `conflict` while it is being finished
   */
  offRecord(sessionId: string, span: Span): Promise<void>
  /** Erases everything of the session for good. @throws VigiaError `session_not_found` */
  erase(sessionId: string): Promise<void>
  /** Calls back after each erasure; returns the function that stops it. */
  onErased(listener: (sessionId: string) => void): () => void
  /** Where on the session's timeline a moment lies; null when the session is unknown. */
  locate(sessionId: string, capturedAt: Date): Promise<number | null>
  /** Passes an event of another room (an observation, an alert) to the session's listeners and its stored events. */
  publish(sessionId: string, event: SessionEvent): void
  /** Refuses new sessions and tells the clients of live ones to leave. */
  drain(): void
}

export interface RecordingUpload {
  bytes: AsyncIterable<Uint8Array>
  /** File name, for the title only. */
  name?: string
  encoding: SessionConfig['encoding']
  sampleRate: number
  channels: number
  language: string
  diarize: boolean
  analyze: boolean
  consent?: Consent
  speakers?: number
  hotwords?: string[]
  owner: string | null
  sessionId?: string
  /** False: the client opted out of storing. */
  keep?: boolean
  /** Somebody waits for its transcript: it goes ahead of sessions that are finished in the background. */
  interactive?: boolean
}
