import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { SessionLoad, SessionStatus } from './session/service.ts'

/** Prometheus metrics of one server. Labels come from closed sets: no ids, no names of people or clients. */

export interface Metrics {
  readonly registry: Registry
  /** From now on, gauges of live sessions are read from here at each scrape. */
  watchSessions(status: () => SessionStatus[]): void
  /** From now on, what the server can take and what it has put off is read from here at each scrape. */
  watchLoad(source: { load: () => SessionLoad; waitingJobs: () => Promise<number> }): void
  /** Bytes of audio that came in, over all sessions. */
  /** A piece of audio came: counted here, and brought to the counters when somebody reads them. */
  received(bytes: number): void
  /** Request → answer, by route pattern. */
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>
  readonly engineRestarts: Counter<'engine'>
  /** Time between two photos of one client. */
  readonly photoInterval: Histogram
  /** `outcome`: the observation's `status`. */
  readonly photos: Counter<'outcome'>
  readonly errors: Counter<'code'>
  /** Where the time of a spoken answer went. `part`: a stage, `total` (end of speech to first sound), `own` (total less engines and endpoint wait). */
  readonly turnSeconds: Histogram<'part'>
  /** What was left out under load, and why. */
  readonly dropped: Counter<'queue' | 'why'>
  /** A piece of audio's arrival → the acknowledgement that covers it was sent. */
  readonly ackSeconds: Histogram
  /** One sync of a file. */
  readonly fsyncSeconds: Histogram
  /** New sessions by what they got: a tier, or the reason why they were refused. */
  readonly admissions: Counter<'result'>
  /** Clients that came back, by whether they got their session: `ok`, or the code of the error. */
  readonly resumes: Counter<'result'>
}

const LATENCY_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const INTERVAL_S = [0.2, 0.5, 1, 2, 5, 10, 30, 60, 300]

function addAudioCounters(registry: Registry): Metrics['received'] {
  const registers = [registry]
  let bytes = 0
  let chunks = 0
  new Counter({
    name: 'vigia_received_audio_bytes_total',
    help: 'Audio received, as encoded',
    registers,
    collect() {
      this.inc(bytes)
      bytes = 0
    },
  })
  new Counter({
    name: 'vigia_audio_chunks_total',
    help: 'Audio messages received',
    registers,
    collect() {
      this.inc(chunks)
      chunks = 0
    },
  })
  return (more) => {
    bytes += more
    chunks += 1
  }
}

/** A registry of its own, so that several servers in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    watchLoad: (source) => addLoadGauges(registry, source),
    watchSessions: (status) => addSessionGauges(registry, status),
    received: addAudioCounters(registry),
    httpSeconds: new Histogram({
      name: 'vigia_http_request_seconds',
      help: 'HTTP request to answer',
      labelNames: ['method', 'route', 'status'],
      buckets: LATENCY_S,
      registers,
    }),
    engineRestarts: new Counter({
      name: 'vigia_engine_restarts_total',
      help: 'Engine processes started again',
      labelNames: ['engine'],
      registers,
    }),
    photoInterval: new Histogram({
      name: 'vigia_photo_interval_seconds',
      help: 'Time between two photos of one client',
      buckets: INTERVAL_S,
      registers,
    }),
    photos: new Counter({
      name: 'vigia_photos_total',
      help: 'Photos described, or given up',
      labelNames: ['outcome'],
      registers,
    }),
    dropped: new Counter({
      name: 'vigia_dropped_total',
      help: 'Left out under load',
      labelNames: ['queue', 'why'],
      registers,
    }),
    turnSeconds: new Histogram({
      name: 'vigia_turn_seconds',
      help: 'From the end of speech to the answer, by part',
      labelNames: ['part'],
      buckets: [0.001, 0.003, ...LATENCY_S],
      registers,
    }),
    ackSeconds: new Histogram({
      name: 'vigia_ack_seconds',
      help: 'Audio received to its acknowledgement',
      buckets: LATENCY_S,
      registers,
    }),
    fsyncSeconds: new Histogram({
      name: 'vigia_fsync_seconds',
      help: 'Sync of one file',
      buckets: [0.0005, 0.001, 0.0025, ...LATENCY_S],
      registers,
    }),
    admissions: new Counter({
      name: 'vigia_admission_total',
      help: 'New sessions, by what they got',
      labelNames: ['result'],
      registers,
    }),
    resumes: new Counter({
      name: 'vigia_resume_total',
      help: 'Clients that came back, by result',
      labelNames: ['result'],
      registers,
    }),
    errors: new Counter({ name: 'vigia_errors_total', help: 'Errors told to clients, by code', labelNames: ['code'], registers }),
  }
}

function addLoadGauges(registry: Registry, { load, waitingJobs }: Parameters<Metrics['watchLoad']>[0]): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read())
      },
    })
  }
  gauge('vigia_capacity_slots', 'Sessions that can be heard live at once', () => load().slots)
  gauge('vigia_sessions_listening', 'Sessions heard live', () => load().listening)
  gauge('vigia_refusing', '1 while new sessions are refused', () => (load().refusing === null ? 0 : 1))
  gauge('vigia_jobs_waiting', 'Recordings waiting to be transcribed and analysed', waitingJobs)
}

function addSessionGauges(registry: Registry, status: () => SessionStatus[]): void {
  const gauge = (name: string, help: string, read: (sessions: SessionStatus[]) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(status()))
      },
    })
  }
  const sum = (read: (session: SessionStatus) => number) => (all: SessionStatus[]) =>
    all.reduce((total, one) => total + read(one), 0)
  gauge('vigia_sessions_live', 'Sessions with a connected client', (all) => all.filter((one) => one.state === 'live').length)
  gauge(
    'vigia_sessions_detached',
    'Sessions waiting for their client',
    (all) => all.filter((one) => one.state === 'detached').length,
  )
  gauge(
    'vigia_buffered_audio_bytes',
    'Received and not yet durable',
    sum((one) => one.receivedBytes - one.durableBytes),
  )
  gauge('vigia_recognizer_lag_seconds', 'Audio whose text is not out, worst session', (all) =>
    Math.max(0, ...all.map((one) => one.lagSeconds)),
  )
  gauge(
    'vigia_recognizer_lag_seconds_sum',
    'Audio whose text is not out, all sessions',
    sum((one) => one.lagSeconds),
  )
  gauge(
    'vigia_audio_chunk_rate',
    'Chunks per second, all sessions',
    sum((one) => one.chunkRate),
  )
}
