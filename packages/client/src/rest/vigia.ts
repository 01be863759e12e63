import type {
  Accepted,
  AccessToken,
  Diagnosis,
  EnrolVoiceBody,
  FindingPatchBody,
  Me,
  Observation,
  Report,
  SearchResult,
  SegmentPatchBody,
  SessionDetail,
  SessionList,
  SessionPatchBody,
  SplitSegmentBody,
  TaskPatchBody,
  TokenBody,
  TranscriptDocument,
  VoiceProfileInfo,
  VoiceProfileList,
} from '@vigia/protocol'
import type { Auth } from '../auth.ts'
import { connectLive } from '../live/connect-live.ts'
import type { LiveSession } from '../live/live-session.ts'
import type { LiveOptions } from '../live/options.ts'
import { Http, type HttpOptions } from './http.ts'
import { readEvents, type StoredMessage } from './sse.ts'
import type { MarkBody, Peaks, SystemStatus } from './views.ts'

/** Written forms of a session. */
export type ExportFormat = 'md' | 'txt' | 'srt' | 'vtt' | 'json' | 'docx'

export interface PhotoOptions {
  sessionId?: string
  /** When it was taken. */
  takenAt?: Date
  /** A question about it. */
  prompt?: string
  signal?: AbortSignal
}

/** A server of Vigía over HTTP: sessions, reports, photos, search, and live sessions with the same address and key. */
export class Vigia {
  readonly #options: HttpOptions
  readonly #http: Http

  constructor(options: HttpOptions = {}) {
    this.#options = options
    this.#http = new Http(options)
  }

  get auth(): Auth | undefined {
    return this.#options.auth
  }

  /** Opens a live session. */
  live(options: Omit<LiveOptions, 'url' | 'auth'> = {}): LiveSession {
    return connectLive({ ...this.#options, ...options })
  }

  /** An answer of a route that this class has no method for. */
  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#http.json<T>('GET', path, signal ? { signal } : {})
  }

  request(method: string, path: string, options: Parameters<Http['request']>[2] = {}): Promise<Response> {
    return this.#http.request(method, path, options)
  }

  /** Newest first. `before` is `next` of the page before. */
  sessions(query: { before?: string; limit?: number; state?: string } = {}, signal?: AbortSignal): Promise<SessionList> {
    return this.get(`/sessions${queryOf(query)}`, signal)
  }

  session(id: string, signal?: AbortSignal): Promise<SessionDetail> {
    return this.get(sessionPath(id), signal)
  }

  /** @throws VigiaError `report_not_ready` */
  report(id: string, signal?: AbortSignal): Promise<Report> {
    return this.get(`${sessionPath(id)}/report`, signal)
  }

  transcript(id: string): Promise<TranscriptDocument> {
    return this.get(`${sessionPath(id)}/transcript.json`)
  }

  /** Names speakers, sets the title. */
  update(id: string, patch: SessionPatchBody): Promise<SessionDetail> {
    return this.#http.json('PATCH', sessionPath(id), { body: patch })
  }

  updateSegment(id: string, segmentId: string, patch: SegmentPatchBody): Promise<SessionDetail> {
    return this.#http.json('PATCH', `${sessionPath(id)}/segments/${encodeURIComponent(segmentId)}`, { body: patch })
  }

  updateTask(id: string, taskId: string, patch: TaskPatchBody): Promise<Report> {
    return this.#http.json('PATCH', `${sessionPath(id)}/tasks/${encodeURIComponent(taskId)}`, { body: patch })
  }

  /** Dismisses (`{ status: 'dismissed' }`), restores (`{ status: 'open' }`) or rewords a decision, risk or open question. */
  updateFinding(id: string, findingId: string, patch: FindingPatchBody): Promise<Report> {
    return this.#http.json('PATCH', `${sessionPath(id)}/findings/${encodeURIComponent(findingId)}`, { body: patch })
  }

  /** Two labels were one person: everything of `from` becomes `into`. */
  mergeSpeakers(id: string, from: string, into: string): Promise<SessionDetail> {
    return this.#http.json('POST', `${sessionPath(id)}/speakers/merge`, { body: { from, into } })
  }

  /** Cuts a line of a finished transcript: `at` is where in its text the second one begins. */
  splitSegment(id: string, segmentId: string, cut: SplitSegmentBody): Promise<SessionDetail> {
    return this.#http.json('POST', `${sessionPath(id)}/segments/${encodeURIComponent(segmentId)}/split`, { body: cut })
  }

  /** Joins a line of a finished transcript with the one that follows. */
  joinSegments(id: string, segmentId: string, next: string): Promise<SessionDetail> {
    return this.#http.json('POST', `${sessionPath(id)}/segments/${encodeURIComponent(segmentId)}/join`, { body: { next } })
  }

  /** Says who spoke these lines. */
  assignSpeaker(id: string, speaker: string, segmentIds: readonly string[]): Promise<SessionDetail> {
    return this.#http.json('POST', `${sessionPath(id)}/speakers/assign`, { body: { speaker, segment_ids: segmentIds } })
  }

  /** Marks a moment. */
  mark(id: string, mark: MarkBody): Promise<{ id: string }> {
    return this.#http.json('POST', `${sessionPath(id)}/marks`, { body: mark })
  }

  /** Makes transcript and report again; progress comes by `events`. */
  analyze(id: string, options: { reuse_transcript?: boolean } = {}): Promise<Accepted> {
    return this.#http.json('POST', `${sessionPath(id)}/analyze`, { body: options })
  }

  /** Erases the sound, words and photos of a span (seconds) for good; in an open session, when it has ended. */
  offRecord(id: string, span: { start: number; end: number }): Promise<Accepted> {
    return this.#http.json('POST', `${sessionPath(id)}/off-record`, { body: span })
  }

  /** Erases a session and everything made from it, for good. */
  erase(id: string): Promise<void> {
    return this.#http.json('DELETE', sessionPath(id))
  }

  /** Sends a recording; it becomes a session. */
  upload(file: Blob, options: { name?: string; language?: string } = {}): Promise<Accepted> {
    const form = new FormData()
    if (options.language) form.append('language', options.language)
    form.append('file', file, options.name ?? (file instanceof File ? file.name : 'recording'))
    return this.#http.json('POST', '/sessions', { body: form })
  }

  search(q: string, limit = 50, signal?: AbortSignal): Promise<SearchResult> {
    return this.get(`/search${queryOf({ q, limit })}`, signal)
  }

  /** Waveform overview made by the server. */
  peaks(id: string, points = 2000, signal?: AbortSignal): Promise<Peaks> {
    return this.get(`${sessionPath(id)}/peaks${queryOf({ points })}`, signal)
  }

  /** Sends a photo and waits for what is seen in it. */
  photo(image: Blob, options: PhotoOptions = {}): Promise<Observation> {
    const form = new FormData()
    if (options.sessionId) form.append('session_id', options.sessionId)
    if (options.takenAt) form.append('timestamp', options.takenAt.toISOString())
    if (options.prompt) form.append('prompt', options.prompt)
    form.append('file', image, 'photo.jpg')
    return this.#http.json('POST', '/vision/frame', { body: form, ...(options.signal ? { signal: options.signal } : {}) })
  }

  observation(frameId: string): Promise<Observation> {
    return this.get(`/vision/frames/${encodeURIComponent(frameId)}`)
  }

  /** The session's messages from the beginning, or after one that was read; ends when the session is final. */
  events(id: string, options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<StoredMessage> {
    return readEvents(this.#http, `${sessionPath(id)}/events`, options)
  }

  system(signal?: AbortSignal): Promise<SystemStatus> {
    return this.get('/system', signal)
  }

  /** What the machine is, what its profile needs, what is missing and the command that brings it. */
  diagnosis(signal?: AbortSignal): Promise<Diagnosis> {
    return this.get('/system/doctor', signal)
  }

  /** Whose key this is and what it may do. @throws VigiaError `unauthorized` */
  me(signal?: AbortSignal): Promise<Me> {
    return this.get('/access/me', signal)
  }

  /** A short-lived token made from this client's key. @throws VigiaError `forbidden` for one that has no key */
  token(wanted: TokenBody, signal?: AbortSignal): Promise<AccessToken> {
    return this.#http.json('POST', '/access/tokens', { body: wanted, ...(signal ? { signal } : {}) })
  }

  /** People whose voice is known. */
  voiceProfiles(signal?: AbortSignal): Promise<VoiceProfileList> {
    return this.get('/voices/profiles', signal)
  }

  /** Enrols the voice of a speaker of a finished session, with their consent. */
  enrolVoice(body: EnrolVoiceBody): Promise<VoiceProfileInfo> {
    return this.#http.json('POST', '/voices/profiles', { body })
  }

  forgetVoice(profileId: string): Promise<void> {
    return this.#http.json('DELETE', `/voices/profiles/${encodeURIComponent(profileId)}`)
  }

  /**
   * Address of the recording, for an `<audio>`; it takes byte ranges. Elements send no key: where one is needed, a service
   * worker adds it (as the web app's does), or {@link blob} fetches the whole.
   */
  audioUrl(id: string): string {
    return this.#http.address(`${sessionPath(id)}/audio`)
  }

  /** Address of a stored photo; see {@link audioUrl} for keys. */
  photoUrl(frameId: string, variant: 'view' | 'thumb' = 'view'): string {
    const query = variant === 'view' ? '' : `?variant=${variant}`
    return this.#http.address(`/vision/frames/${encodeURIComponent(frameId)}/image${query}`)
  }

  /** Address of an export; see {@link audioUrl} for keys. */
  exportUrl(id: string, format: ExportFormat): string {
    return this.#http.address(`${sessionPath(id)}/transcript.${format}`)
  }

  /** Fetches what an address of this server serves. */
  async blob(address: string, signal?: AbortSignal): Promise<Blob> {
    const path = address.slice(this.#http.address('').length)
    return (await this.request('GET', path, signal ? { signal } : {})).blob()
  }
}

const sessionPath = (id: string): string => `/sessions/${encodeURIComponent(id)}`

function queryOf(query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}
