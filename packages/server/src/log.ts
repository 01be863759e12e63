import { VigiaError } from '@vigia/protocol'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config/schema.ts'

/**
 * Structured logs. Messages are constant, values are fields. What people say, show or are called goes only under the key
 * `personal`, which is taken out unless the configuration says otherwise; the text of foreign exceptions counts as personal.
 */

export type { Logger }

/** An error as logged: name, code and stack without the text, which may quote what people said. */
interface LoggedError {
  type: string
  code?: string
  /** Only of a {@link VigiaError}, whose messages hold no spoken words. */
  message?: string
  at: string[]
  cause?: LoggedError
  personal?: { message: string }
}

const MAX_STACK_LINES = 12

/** The logged form of an error. */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, at: [], personal: { message: String(error) } }
  const code = 'code' in error ? String(error.code) : undefined
  return {
    type: error.name,
    ...(code ? { code } : {}),
    ...(VigiaError.is(error) ? { message: error.message } : { personal: { message: error.message } }),
    at: frames(error.stack),
    ...(error.cause !== undefined && depth < 4 ? { cause: serializeError(error.cause, depth + 1) } : {}),
  }
}

function frames(stack = ''): string[] {
  const lines = stack.split('\n').map((line) => line.trim())
  return lines.filter((line) => /^at .+:\d+:\d+\)?$/.test(line)).slice(0, MAX_STACK_LINES)
}

/** Takes every `personal` key out, at any depth. */
function withoutPersonal(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object' || depth > 6 || value instanceof Error) return value
  if (Array.isArray(value)) return value.map((item) => withoutPersonal(item, depth + 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => (key === 'personal' ? [] : [[key, withoutPersonal(child, depth + 1)]])),
  )
}

/**
 * @param destination - where lines go; standard error when left out, so that standard output stays for results
 */
export function createLogger(
  options: Pick<Config['log'], 'level' | 'pretty' | 'personal'>,
  destination?: DestinationStream,
): Logger {
  const to = destination ?? pino.destination({ fd: 2, sync: true })
  const redact = options.personal ? (value: unknown) => value : withoutPersonal
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Record<string, unknown>,
      },
      serializers: { err: (error: unknown) => redact(serializeError(error)) },
    },
    options.pretty ? prettyStream(to) : to,
  )
}

/** Turns JSON lines into lines for people: `12:00:01.250 info  session opened sessionId=a1`. */
export function prettyStream(to: DestinationStream): DestinationStream {
  return { write: (line) => to.write(`${prettyLine(line)}\n`) }
}

function prettyLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const values = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [String(time).slice(11, 23), String(level).padEnd(5), msg, ...values].join(' ')
}
