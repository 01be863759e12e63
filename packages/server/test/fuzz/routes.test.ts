import { HTTP_ROUTES } from '@vigia/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { startTestServer } from '../helpers/test-server.ts'

/** Every documented route with generated input, good, half good and absurd: the server never answers that it is its own fault. */

const RUNS = Number(process.env.VIGIA_FUZZ_RUNS ?? 40)

let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  app = await startTestServer()
  await app.store.sessions.create({
    id: 'known',
    owner: null,
    format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
  await app.store.sessions.update('known', { state: 'final' })
})
afterAll(() => app[Symbol.asyncDispose]())

interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  enum?: unknown[]
}

/** Values of a JSON schema, and others. */
function valuesOf(schema: Schema | undefined, depth = 0): fc.Arbitrary<unknown> {
  if (!schema || depth > 4) return fc.jsonValue()
  const near =
    schema.enum !== undefined
      ? fc.constantFrom(...schema.enum)
      : schema.properties !== undefined
        ? fc.record(
            Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, valuesOf(one, depth + 1)])),
            {
              requiredKeys: [],
            },
          )
        : schema.type === 'array'
          ? fc.array(valuesOf(schema.items, depth + 1), { maxLength: 5 })
          : schema.type === 'integer' || schema.type === 'number'
            ? fc.oneof(fc.integer(), fc.double())
            : schema.type === 'boolean'
              ? fc.boolean()
              : fc.string({ unit: 'binary', maxLength: 200 })
  return fc.oneof({ weight: 6, arbitrary: near }, { weight: 1, arbitrary: fc.jsonValue() })
}

const segment = fc.oneof(
  fc.constantFrom('known', 'x', '..', '%2e%2e', '%00', '%', 'a%2fb', '%c0%ae', '.', '-', '%0a', 'constructor', '__proto__'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).map((text) => {
    try {
      return encodeURIComponent(text)
    } catch {
      return 'lone'
    }
  }),
)
const toJson = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Schema

const routes = HTTP_ROUTES.filter(({ path }) => !path.endsWith('/pull'))
it.each(routes.map((route) => [route.method.toUpperCase(), route.path, route] as const))(
  '%s %s never fails by itself',
  async (method, path, route) => {
    const query = route.query ? valuesOf(toJson(route.query)) : fc.constant({})
    const schemas = Object.values(route.body ?? {}).filter((one) => one !== null)
    const body = route.body ? fc.oneof(...schemas.map((one) => valuesOf(toJson(one!))), fc.jsonValue()) : fc.constant(undefined)
    const type = fc.constantFrom(
      'application/json',
      ...Object.keys(route.body ?? {}),
      'multipart/form-data; boundary=x',
      'text/plain',
    )
    const args = fc.record({ segments: fc.array(segment, { minLength: 3, maxLength: 3 }), query, body, type })
    await fc.assert(
      fc.asyncProperty(args, async ({ segments, query: given, body: payload, type: contentType }) => {
        let at = 0
        // a stream of events has no end of its own: only sessions that are not there
        const filled = path.replace(/\{\w+\}/g, () => (path.endsWith('/events') ? 'absent' : segments[at++ % 3]!))
        const pairs = Object.entries((given ?? {}) as object).map(([name, value]) => [name, String(JSON.stringify(value))])
        const search = new URLSearchParams(pairs).toString()
        const answer = await app.http.inject({
          method: method as 'GET',
          url: search ? `${filled}?${search}` : filled,
          headers: { host: '127.0.0.1', ...(payload === undefined ? {} : { 'content-type': contentType }) },
          ...(payload === undefined ? {} : { payload: JSON.stringify(payload) ?? '' }),
        })
        const allowed = [501, 503] // said on purpose: not built in, no engine for it
        if (answer.statusCode >= 500 && !allowed.includes(answer.statusCode)) {
          throw new Error(`${method} ${filled}: ${answer.statusCode} ${answer.body.slice(0, 200)}`)
        }
        if (answer.statusCode >= 400) expect(JSON.parse(answer.body).error.code).toMatch(/^[a-z0-9_]+$/)
      }),
      { numRuns: RUNS },
    )
  },
  120_000,
)
