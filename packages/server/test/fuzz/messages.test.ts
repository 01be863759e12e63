import { CLIENT_MESSAGES } from '@vigia/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { startTestServer } from '../helpers/test-server.ts'

/** Sockets and forms with generated input, good, half good and absurd: mistakes are the client's, and the server goes on. */

const RUNS = Number(process.env.VIGIA_FUZZ_RUNS ?? 60)

let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  const access = { requestsPerSecond: 10_000, sessionsPerMinute: 100_000, photosPerSecond: 1000 }
  app = await startTestServer({ access, overload: { maxEventLoopDelayMs: 60_000 } })
})
afterAll(() => app[Symbol.asyncDispose]())

interface Schema {
  type?: string
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
}

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('__proto__', '\0', '0'.repeat(5000)),
)

/** Values near a schema, and others. */
function near(schema: Schema, depth = 0): fc.Arbitrary<unknown> {
  if (depth > 4) return fc.jsonValue()
  const good: fc.Arbitrary<unknown> =
    schema.const !== undefined
      ? fc.constant(schema.const)
      : schema.enum
        ? fc.constantFrom(...schema.enum)
        : schema.anyOf
          ? fc.oneof(...schema.anyOf.map((one) => near(one, depth + 1)))
          : schema.properties
            ? fc.record(
                Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, near(one, depth + 1)])),
                {
                  requiredKeys: 'type' in schema.properties ? ['type'] : [],
                },
              )
            : schema.type === 'array'
              ? fc.array(near(schema.items ?? {}, depth + 1), { maxLength: 4 })
              : schema.type === 'integer' || schema.type === 'number'
                ? fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 53, 16_000))
                : schema.type === 'boolean'
                  ? fc.boolean()
                  : text
  return depth === 0 ? good : fc.oneof({ weight: 8, arbitrary: good }, { weight: 1, arbitrary: fc.jsonValue() })
}

const messages = Object.values(CLIENT_MESSAGES).map((schema) =>
  near(z.toJSONSchema(schema as z.ZodType, { unrepresentable: 'any', io: 'input' }) as Schema),
)
const frame = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(...messages).map((message) => JSON.stringify(message)) },
  { weight: 1, arbitrary: fc.constant(JSON.stringify({ type: 'config' })) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: text },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 4000 }) },
)

const isPing = (frame: string | Uint8Array): boolean => {
  try {
    return (JSON.parse(String(frame)) as { type?: unknown } | null)?.type === 'ping'
  } catch {
    return false
  }
}

/** Sends everything and a last ping; resolves with the codes of the errors when that was answered, or the server has closed. */
function play(frames: readonly (string | Uint8Array)[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const codes: string[] = []
    let pongs = 0
    const pings = frames.filter(isPing).length + 1
    const socket = new WebSocket(`${app.url.replace('http', 'ws')}/ws/audio`)
    socket.on('error', reject)
    socket.on('open', () => {
      for (const one of frames) socket.send(one)
      socket.send(JSON.stringify({ type: 'ping' }))
    })
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      const message = JSON.parse(String(data)) as { type: string; code?: string }
      if (message.type === 'error') codes.push(message.code!)
      if (message.type === 'pong') pongs += 1
      if (pongs === pings) socket.close()
    })
    socket.on('close', () => resolve(codes))
  })
}

it('the socket: no message is the server’s own fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 12 }), async (frames) => {
      expect(await play(frames)).not.toContain('internal')
    }),
    { numRuns: RUNS },
  )
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  expect(metrics).toMatch(/vigia_errors_total\{code="invalid_message"\}/)
  expect(metrics).not.toMatch(/vigia_errors_total\{code="internal"\}/)
}, 120_000)

it('forms: however they are cut, doubled and mislabelled', async () => {
  const part = fc.record({
    name: fc.oneof(fc.constantFrom('file', 'session_id', 'prompt', 'timestamp', 'metadata', 'encoding', '__proto__'), text),
    filename: fc.option(text, { nil: undefined }),
    type: fc.constantFrom('image/jpeg', 'text/plain', 'application/octet-stream', 'multipart/mixed; boundary=x', ''),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      text.map((value) => new TextEncoder().encode(value)),
    ),
  })
  const path = fc.constantFrom('/vision/frame', '/sessions', '/v1/audio/transcriptions')
  await fc.assert(
    fc.asyncProperty(path, fc.array(part, { maxLength: 6 }), fc.nat(200), fc.boolean(), async (url, parts, cut, closed) => {
      const pieces = parts.flatMap(({ name, filename, type, body }) => {
        const quoted = (value: string): string => `"${value.replaceAll(/["\r\n]/g, '_')}"`
        const disposition = `form-data; name=${quoted(name)}${filename === undefined ? '' : `; filename=${quoted(filename)}`}`
        return [
          Buffer.from(`--x\r\nContent-Disposition: ${disposition}\r\n${type ? `Content-Type: ${type}\r\n` : ''}\r\n`),
          body,
          Buffer.from('\r\n'),
        ]
      })
      const whole = Buffer.concat([...pieces, Buffer.from(closed ? '--x--\r\n' : '')])
      const payload = closed ? whole : whole.subarray(0, Math.max(0, whole.length - cut))
      const headers = { host: '127.0.0.1', 'content-type': 'multipart/form-data; boundary=x' }
      const answer = await app.http.inject({ method: 'POST', url, headers, payload })
      if (answer.statusCode >= 500 && ![501, 503].includes(answer.statusCode))
        throw new Error(`${url}: ${answer.body.slice(0, 300)}`)
    }),
    { numRuns: RUNS },
  )
}, 120_000)
