import type { Report } from '@vigia/protocol'
import { openAccess } from '../../access/testing.ts'
import { ConfigSchema } from '../../config/schema.ts'
import { createMetrics } from '../../metrics.ts'
import type { SessionEvent, SessionListener, SessionService } from '../../session/service.ts'
import { createFakeClock } from '../../std/fake-clock.ts'
import type { SessionRecord, Store, StoredEvent, StoredSegment } from '../../store/store.ts'
import { plainFiles } from '../../store/testing.ts'
import type { HttpDeps } from './deps.ts'

/** Stand-ins for tests of the routes: a store in memory and a session service that notes what it was asked. */

export function fakeSession(id: string, patch: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id,
    owner: null,
    state: 'final',
    format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
    language: 'es',
    mode: 'transcribe',
    config: {},
    epoch: 1,
    tokenHash: '',
    createdAt: '2026-01-01T00:00:00.000Z',
    detachedAt: null,
    endedAt: null,
    receivedBytes: 64000,
    durationMs: 2000,
    truncated: false,
    tier: 'full',
    title: null,
    consent: 'unknown',
    speakerNames: {},
    ...patch,
  }
}

export function fakeSegment(id: string, patch: Partial<StoredSegment> = {}): StoredSegment {
  return { id, start: 0, end: 1, text: 'hola', speaker: 'S1', rev: 1, pass: 'final', ...patch }
}

export function fakeReport(sessionId: string): Report {
  const cited = { evidence: ['s1'], quote: 'hola', confidence: 0.8 }
  return {
    session_id: sessionId,
    language: 'es',
    transcript: [{ id: 's1', speaker: 'S1', start: 0, end: 1, text: 'hola' }],
    summary: 'Saludo.',
    action_items: [
      {
        ...cited,
        id: 't1',
        title: 'Saludar',
        description: '',
        steps: [],
        owner: { speaker: 'S1' },
        due: null,
        status: 'open',
        origin: 'cue',
      },
    ],
    risks: [],
    decisions: ['x'],
    open_questions: [],
    findings: [{ ...cited, id: 'd1', kind: 'decision', text: 'x' }],
    summary_points: [],
    participants: [{ speaker: 'S1', talk_time: 1 }],
    frames: [],
    duration: 2,
    analysis: { method: 'extractive', engine: 'extractive', revision: 1, warnings: [], dropped: {} },
  }
}

export interface FakeDeps extends HttpDeps {
  records: Map<string, SessionRecord>
  segments: Map<string, StoredSegment[]>
  reports: Map<string, Report>
  storedEvents: StoredEvent[]
  /** What the session service was asked, in order. */
  asked: unknown[]
  clock: ReturnType<typeof createFakeClock>
  emit(sessionId: string, event: SessionEvent): void
}

/** @param pcmPath - of every session's derived recording */
export function fakeDeps(pcmPath = '/nonexistent'): FakeDeps {
  const records = new Map<string, SessionRecord>()
  const segments = new Map<string, StoredSegment[]>()
  const reports = new Map<string, Report>()
  const storedEvents: StoredEvent[] = []
  const documents = new Map<string, unknown>()
  const asked: unknown[] = []
  const listeners = new Map<string, Set<SessionListener>>()
  const counts = (id: string) => ({
    segments: segments.get(id)?.length ?? 0,
    speakers: 1,
    frames: 0,
    tasks: 0,
    hasReport: reports.has(id),
  })
  const store = {
    files: plainFiles,
    sessions: {
      get: async (id: string) => records.get(id) ?? null,
      list: async ({ limit = 50 }) =>
        [...records.values()].slice(0, limit).map((record) => ({ ...record, ...counts(record.id) })),
      counts: async (id: string) => counts(id),
      update: async (id: string, patch: object) => void records.set(id, { ...records.get(id)!, ...patch }),
    },
    segments: {
      list: async (id: string) => segments.get(id) ?? [],
      upsert: async (id: string, changed: readonly StoredSegment[]) => {
        const kept = (segments.get(id) ?? []).filter((segment) => !changed.some((one) => one.id === segment.id))
        segments.set(
          id,
          [...kept, ...changed].sort((a, b) => a.start - b.start),
        )
      },
      replaceFinal: async (id: string, all: readonly StoredSegment[]) => void segments.set(id, [...all]),
    },
    frames: { list: async () => [] },
    audio: { gaps: async () => [{ atByte: 32000, ms: 500, reason: 'camera' }], pcmPath: () => pcmPath },
    documents: {
      get: async (id: string, key: string) => documents.get(`${id} ${key}`) ?? null,
      put: async (id: string, key: string, value: unknown) => void documents.set(`${id} ${key}`, value),
      delete: async (id: string, key: string) => void documents.delete(`${id} ${key}`),
      list: async (id: string, prefix: string) =>
        [...documents].flatMap(([key, value]) =>
          key.startsWith(`${id} ${prefix}`) ? [{ key: key.slice(id.length + 1), value }] : [],
        ),
    },
    reports: {
      get: async (id: string) => reports.get(id) ?? null,
      put: async (id: string, report: Report) => void reports.set(id, report),
    },
    events: {
      list: async (_: string, after: number, limit: number) => storedEvents.filter(({ seq }) => seq > after).slice(0, limit),
    },
    search: async () => [{ sessionId: 'a', segmentId: 's1', start: 1, speaker: null, snippet: 'di \uE000hola\uE001 ya' }],
    probe: async () => {},
  } as unknown as Store
  const sessions = {
    subscribe(id: string, listener: SessionListener) {
      const all = listeners.get(id) ?? new Set()
      listeners.set(id, all.add(listener))
      return () => all.delete(listener)
    },
    publish: (sessionId: string, event: SessionEvent) => void asked.push(['publish', sessionId, event.type]),
    analyze: async (id: string, options: object) => void asked.push(['analyze', id, options]),
    finish: async (id: string) => void asked.push(['finish', id]),
    offRecord: async (id: string, span: object) => void asked.push(['offRecord', id, span]),
    erase: async (id: string) => void asked.push(['erase', id]),
    async ingest({ bytes, ...upload }: Parameters<SessionService['ingest']>[0]) {
      const all = Buffer.concat(await Array.fromAsync(bytes))
      asked.push(['ingest', { ...upload, length: all.length }])
      return { sessionId: upload.sessionId ?? 'made' }
    },
  } as unknown as SessionService
  return {
    version: '9.9.9',
    store,
    sessions,
    metrics: createMetrics(),
    access: openAccess(),
    clock: createFakeClock(),
    limits: { ...ConfigSchema.parse({}).limits, maxUploadBytes: 100_000 },
    isDraining: () => false,
    models: { list: async () => [], start: async () => {} },
    system: async () => ({ version: '9.9.9' }) as never,
    diagnose: async () => ({ profile: 'embedded', problems: [] }) as never,
    records,
    segments,
    reports,
    storedEvents,
    asked,
    emit: (id, event) => {
      for (const listener of listeners.get(id) ?? []) listener(event)
    },
  }
}
