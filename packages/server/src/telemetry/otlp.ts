import type { Clock } from '../std/clock.ts'
import type { Span } from './spans.ts'

/**
 * Sends spans to a collector: OTLP over HTTP with JSON (opentelemetry-proto 1, `ExportTraceServiceRequest`). Telemetry never holds
 * anything up: what a collector does not take is dropped and counted.
 */

export interface OtlpOptions {
  /** Base of the collector, for instance `http://127.0.0.1:4318`; `/v1/traces` is added. */
  url: string
  headers?: Readonly<Record<string, string>>
  /** Of the resource. */
  service: { name: string; version: string }
  clock: Clock
  onDropped?: (spans: number) => void
}

export interface Exporter extends AsyncDisposable {
  /** Queues; sent soon. */
  add(spans: readonly Span[]): void
}

const FLUSH_MS = 5000
/** Spans that wait; above it the newest are dropped. */
const MAX_WAITING = 4096
const MAX_BATCH = 512
const TIMEOUT_MS = 10_000

export function openOtlp(options: OtlpOptions): Exporter {
  const { clock, onDropped = () => {} } = options
  const target = `${options.url.replace(/\/+$/, '')}/v1/traces`
  let waiting: Span[] = []
  let sending: Promise<void> = Promise.resolve()

  const send = async (spans: readonly Span[]): Promise<void> => {
    try {
      const answer = await fetch(target, {
        method: 'POST',
        headers: { ...options.headers, 'content-type': 'application/json' },
        body: JSON.stringify(toRequest(spans, options.service)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      })
      await answer.body?.cancel()
      if (!answer.ok) onDropped(spans.length)
    } catch {
      onDropped(spans.length)
    }
  }
  const flush = (): Promise<void> => {
    sending = sending.then(async () => {
      while (waiting.length > 0) await send(waiting.splice(0, MAX_BATCH))
    })
    return sending
  }
  let idle = true
  const stop = clock.setInterval(() => {
    if (!idle || waiting.length === 0) return
    idle = false
    void flush().finally(() => {
      idle = true
    })
  }, FLUSH_MS)
  return {
    add(spans) {
      const room = MAX_WAITING - waiting.length
      if (spans.length <= room) waiting = waiting.concat(spans)
      else onDropped(spans.length)
    },
    async [Symbol.asyncDispose]() {
      stop()
      await flush()
    },
  }
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)

function attribute([key, value]: [string, string | number | boolean]): object {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }
}

const KIND_INTERNAL = 1
const STATUS_ERROR = 2

/** The body of a request. Pure. */
export function toRequest(spans: readonly Span[], service: OtlpOptions['service']): object {
  const resource = {
    attributes: Object.entries({ 'service.name': service.name, 'service.version': service.version }).map(attribute),
  }
  const wire = spans.map(({ traceId, spanId, parentSpanId, name, startMs, endMs, attributes, failed }) => ({
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: Object.entries(attributes).map(attribute),
    ...(failed ? { status: { code: STATUS_ERROR } } : {}),
  }))
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'vigia', version: service.version }, spans: wire }] }] }
}
