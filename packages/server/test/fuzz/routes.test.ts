import { HTTP_ROUTES } from '@vigia/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { DIALOGUE, segmentsOf } from '../../src/analysis/fixtures/scripts.ts'
import { analyze } from '../../src/analysis/pipeline.ts'
import { startTestServer } from '../helpers/test-server.ts'

/** Every documented route with generated input, good, half good and absurd: the server never answers that it is its own fault. */

const RUNS = Number(process.env.VIGIA_FUZZ_RUNS ?? 40)

let app: Awaited<ReturnType<typeof startTestServer>>
let known: string[] = []
beforeAll(async () => {
  app = await startTestServer()
})
/** Whatever the route before has changed: a finished session with a transcript, a report and a mark, whose ids are among the inputs. */
beforeEach(async () => {
  const { sessions, segments, reports, documents } = app.store
  if (await sessions.get('known')) return
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  const session = { owner: null, format, language: 'es', mode: 'transcribe', config: {}, tokenHash: 'x', tier: 'full' as const }
  await sessions.create({ ...session, id: 'known' })
  await sessions.update('known', { state: 'final' })
  const lines = segmentsOf(DIALOGUE.lines)
  await segments.upsert(
    'known',
    lines.map((line) => ({ ...line, pass: 'final' as const })),
  )
  const times = { startedAt: '2026-03-10T10:00:00Z', timeZone: 'Europe/Madrid', durationMs: 60_000 }
  const report = await analyze({ sessionId: 'known', language: 'es', segments: lines, frames: [], ...times })
  await reports.put('known', report)
  await documents.put('known', 'mark/m1', { at: 3, label: 'x' })
  known = [lines[0]!.id, lines[1]!.id, report.action_items[0]!.id, 'm1', lines[0]!.speaker!]
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
  { weight: 3, arbitrary: fc.constant('known') },
  { weight: 3, arbitrary: fc.nat().map((n) => encodeURIComponent(known[n % known.length] ?? 'x')) },
  fc.constantFrom('x', '..', '%2e%2e', '%00', '%', 'a%2fb', '%c0%ae', '.', '-', '%0a', 'constructor', '__proto__'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }).map((text) => {
    try {
      return encodeURIComponent(text)
    } catch {
      return 'lone'
    }
  }),
)
const toJson = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Schema

it('knows every route that the OpenAPI has', async () => {
  const { paths } = (await (await fetch(`${app.url}/openapi.json`)).json()) as { paths: Record<string, object> }
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(HTTP_ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(documented.sort())
  expect(documented.length).toBeGreaterThanOrEqual(50)
})

it.each(HTTP_ROUTES.map((route) => [route.method.toUpperCase(), route.path, route] as const))(
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
