import type { Observation } from '@vigia/protocol'
import type { Config } from './config/schema.ts'
import type { Logger } from './log.ts'
import type { TurnTrace } from './session/assistant.ts'
import type { SessionEvent } from './session/service.ts'
import type { Clock } from './std/clock.ts'
import { openOtlp } from './telemetry/otlp.ts'
import { FinishingTraces, photoSpans, type Span, turnSpans } from './telemetry/spans.ts'
import { VERSION } from './version.ts'

/** Composition of traces: what is told of turns, photos and sessions goes to a collector, where the configuration names one. */
export interface Telemetry {
  turn(trace: TurnTrace): void
  photo(photo: Observation): void
  session(sessionId: string, event: SessionEvent): void
}

const NONE: Telemetry = { turn() {}, photo() {}, session() {} }

/** Opens nothing where no collector is named. */
export function openTelemetry(
  stack: AsyncDisposableStack,
  { telemetry }: Config,
  { clock, log }: { clock: Clock; log: Logger },
): Telemetry {
  if (telemetry.otlpUrl === undefined) return NONE
  const exporter = stack.use(
    openOtlp({
      url: telemetry.otlpUrl,
      headers: telemetry.otlpHeaders,
      service: { name: telemetry.serviceName, version: VERSION },
      clock,
      onDropped: (spans) => log.warn({ spans }, 'the collector of traces took nothing; these spans are dropped'),
    }),
  )
  const finishing = new FinishingTraces()
  const add = (spans: Span[]): void => exporter.add(spans)
  return {
    turn: (trace) => add(turnSpans(trace)),
    photo: (photo) => add(photoSpans(photo, clock.wallMs())),
    session: (sessionId, event) => add(finishing.note(sessionId, event, clock.wallMs())),
  }
}
