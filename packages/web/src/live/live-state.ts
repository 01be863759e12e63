import type { LiveEvent, LiveState } from '@vigia/client'
import type { Danger, Observation, Report, Segment, WireTurnTrace } from '@vigia/protocol'

/** What the live page shows: a reducer over what the session tells. Pure. */

export interface LiveView {
  state: LiveState | 'idle'
  sessionId: string | null
  lines: Segment[]
  pending: { utteranceId: string; text: string; confirmed: number } | null
  speaking: boolean
  photos: LivePhoto[]
  alerts: LiveAlert[]
  replies: LiveReply[]
  traces: WireTurnTrace[]
  marks: { at: number; label: string }[]
  /** Audio that waits on this device, ms. */
  keptMs: number
  lostMs: number
  retryInMs: number | null
  receivedBytes: number
  progress: { stage: string; done: number; total: number } | null
  report: Report | null
  degraded: string | null
  notes: string[]
  error: { code: string; message: string; hint?: string } | null
}

export interface LivePhoto {
  frameId: string
  at: number | null
  observation: Observation
}

export interface LiveAlert {
  id: string
  what: string
  why: string
  where: string
  severity: Danger['severity']
}

export interface LiveReply {
  id: number
  text: string
  state: 'speaking' | 'paused' | 'done' | 'interrupted'
  heardText?: string
}

export const IDLE: LiveView = {
  state: 'idle',
  sessionId: null,
  lines: [],
  pending: null,
  speaking: false,
  photos: [],
  alerts: [],
  replies: [],
  traces: [],
  marks: [],
  keptMs: 0,
  lostMs: 0,
  retryInMs: null,
  receivedBytes: 0,
  progress: null,
  report: null,
  degraded: null,
  notes: [],
  error: null,
}

export type LiveAction =
  | LiveEvent
  | { type: 'opened' }
  | { type: 'marked'; at: number; label: string }
  | { type: 'alert_seen'; id: string }
  | { type: 'reset' }

const LISTENING: ReadonlySet<LiveState> = new Set<LiveState>(['connecting', 'live', 'reconnecting'])

/** With the end of the stream answers end too, whoever was speaking. */
const cutShort = (reply: LiveReply): LiveReply =>
  reply.state === 'speaking' || reply.state === 'paused' ? { ...reply, state: 'interrupted' } : reply

export function reduceLive(view: LiveView, event: LiveAction): LiveView {
  switch (event.type) {
    case 'reset':
      return IDLE
    case 'opened':
      return { ...IDLE, state: 'connecting' }
    case 'state':
      return {
        ...view,
        state: event.state,
        keptMs: event.keptMs,
        retryInMs: event.retryInMs ?? null,
        replies: LISTENING.has(event.state) ? view.replies : view.replies.map(cutShort),
      }
    case 'audio_lost':
      return { ...view, lostMs: view.lostMs + event.ms }
    case 'config_ack': {
      const notes = Object.values(event.engines).flatMap(({ note }) => (note ? [note] : []))
      return { ...view, sessionId: event.session_id, receivedBytes: event.received_bytes, notes: [...new Set(notes)] }
    }
    case 'ack':
      return { ...view, receivedBytes: event.received_bytes }
    case 'speech_started':
      return { ...view, speaking: true }
    case 'speech_stopped':
      return { ...view, speaking: false }
    case 'partial_result': {
      const { utterance_id, text, confirmed = 0 } = event
      return { ...view, pending: { utteranceId: utterance_id, text, confirmed } }
    }
    case 'segment':
      return withSegment(view, event)
    case 'final_result':
      return { ...view, lines: event.segments, pending: null, speaking: false }
    case 'observation':
      return withPhoto(view, event.observation)
    case 'alert': {
      const id = `${event.frame_id} ${event.what}`
      const alert = { id, what: event.what, why: event.why, where: event.where, severity: event.severity }
      return { ...view, alerts: [alert, ...view.alerts.filter((one) => one.id !== id)].slice(0, 5) }
    }
    case 'alert_seen':
      return { ...view, alerts: view.alerts.filter(({ id }) => id !== event.id) }
    case 'reply_started':
      return withReply(view, event.reply_id, { state: 'speaking' })
    case 'reply_text':
      return withReply(view, event.reply_id, (reply) => ({ text: joined(reply.text, event.text) }))
    case 'reply_paused':
      return withReply(view, event.reply_id, { state: 'paused' })
    case 'reply_resumed':
      return withReply(view, event.reply_id, { state: 'speaking' })
    case 'reply_done':
      return withReply(view, event.reply_id, { state: 'done', text: event.text })
    case 'reply_interrupted':
      return withReply(view, event.reply_id, {
        state: 'interrupted',
        ...(event.heard_text === undefined ? {} : { heardText: event.heard_text }),
      })
    case 'turn_trace':
      return { ...view, traces: [...view.traces, event].slice(-20) }
    case 'analysis_progress':
      return { ...view, progress: { stage: event.stage, done: event.done, total: event.total } }
    case 'analysis':
      return { ...view, report: event.report, progress: null }
    case 'degraded':
      return { ...view, degraded: event.tier === 'full' ? null : event.reason }
    case 'marked':
      return { ...view, marks: [...view.marks, { at: event.at, label: event.label }] }
    case 'error':
      return { ...view, error: { code: event.code, message: event.message, ...(event.hint ? { hint: event.hint } : {}) } }
    default:
      return view
  }
}

/** A newer revision takes the place of the older one; a confirmed utterance is no longer pending. */
function withSegment(view: LiveView, segment: Segment): LiveView {
  const at = view.lines.findIndex(({ id }) => id === segment.id)
  const known = view.lines[at]
  if (known && known.rev > segment.rev) return view
  const lines = known ? view.lines.with(at, segment) : [...view.lines, segment].sort((a, b) => a.start - b.start)
  const isDone = view.pending !== null && segment.id.startsWith(view.pending.utteranceId)
  return { ...view, lines, pending: isDone ? null : view.pending }
}

function withPhoto(view: LiveView, observation: Observation): LiveView {
  const photo = { frameId: observation.frame_id, at: observation.at ?? null, observation }
  return { ...view, photos: [photo, ...view.photos.filter(({ frameId }) => frameId !== photo.frameId)].slice(0, 60) }
}

function withReply(
  view: LiveView,
  id: number,
  change: Partial<LiveReply> | ((reply: LiveReply) => Partial<LiveReply>),
): LiveView {
  const known = view.replies.find((reply) => reply.id === id) ?? { id, text: '', state: 'speaking' as const }
  const changed = { ...known, ...(typeof change === 'function' ? change(known) : change) }
  return { ...view, replies: [...view.replies.filter((reply) => reply.id !== id), changed].slice(-30) }
}

const joined = (before: string, more: string): string =>
  before === '' || /\s$/.test(before) || /^\s/.test(more) ? before + more : `${before} ${more}`
