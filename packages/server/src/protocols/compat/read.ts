import { VigiaError } from '@vigia/protocol'

/** Lenient reading of other APIs' bodies: what is known is checked, what is not known is left alone. */

export type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `null` counts as left out. @throws VigiaError `invalid_request` */
export function object(value: unknown, name: string): Json {
  if (value === undefined || value === null) return {}
  if (isObject(value)) return value
  throw wrong(name, 'an object', value)
}

/** A single value counts as a list of one. */
export function list(value: unknown): unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

export function text(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw wrong(name, 'a string', value)
}

/** Numbers also come as digits in a string, as protobuf's JSON writes 64-bit ones and forms write all. */
export function number(
  value: unknown,
  name: string,
  [min, max] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const parsed = typeof value === 'string' ? Number(value) : value
  if (typeof parsed === 'number' && Number.isFinite(parsed) && parsed >= min && parsed <= max) return parsed
  throw wrong(name, Number.isFinite(min) ? `a number from ${min} to ${max}` : 'a number', value)
}

/** `true`, `"true"`, `"1"`, and the empty string of a bare query key. */
export function flag(value: unknown): boolean {
  const last = Array.isArray(value) ? value.at(-1) : value
  return last === true || (typeof last === 'string' && /^(true|1|yes|)$/i.test(last))
}

export function oneOf<T extends string>(value: unknown, name: string, values: readonly T[]): T | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && (values as readonly string[]).includes(value)) return value as T
  throw wrong(name, `one of ${values.join(', ')}`, value)
}

/** The mistake names the field, what was expected and the kind of thing that came, never its content. */
export function wrong(name: string, expected: string, got: unknown): VigiaError {
  const what = typeof got === 'string' && got.length <= 40 ? JSON.stringify(got) : Array.isArray(got) ? 'a list' : typeof got
  return new FieldError(name, `Invalid value for '${name}': expected ${expected}, got ${what}.`)
}

/** A message of a socket. @throws VigiaError `invalid_json`, `invalid_message` */
export function parseObject(raw: string): Json {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch (cause) {
    throw new VigiaError('invalid_json', 'Expected a JSON message.', { cause })
  }
  if (isObject(value)) return value
  throw new VigiaError('invalid_message', 'Expected a JSON object.')
}

/** `invalid_request` that knows its field, for APIs whose errors have a `param`. */
export class FieldError extends VigiaError {
  readonly param: string
  constructor(param: string, message: string) {
    super('invalid_request', message)
    this.param = param
  }
}
