import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import { openOtlp, toRequest } from './otlp.ts'
import type { Span } from './spans.ts'

interface Received {
  path: string
  headers: Record<string, unknown>
  body: { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] }
}

const received: Received[] = []
let status = 200
const collector = createServer((request, answer) => {
  let body = ''
  request.on('data', (part) => {
    body += part
  })
  request.on('end', () => {
    received.push({ path: request.url!, headers: request.headers, body: JSON.parse(body) })
    answer.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
})
let url: string
beforeEach(async () => {
  received.length = 0
  status = 200
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => collector.close(resolve)))

const span = (name: string): Span => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name,
  startMs: 1_700_000_000_000.5,
  endMs: 1_700_000_000_100,
  attributes: { text: 'x', whole: 3, part: 0.5, yes: true },
})
const service = { name: 'vigia', version: '1' }
const names = (): string[] => received.flatMap(({ body }) => body.resourceSpans[0]!.scopeSpans[0]!.spans.map(({ name }) => name))

it('sends what waits at intervals, with the collector’s headers, and the rest when it is closed', async () => {
  const clock = createFakeClock()
  {
    await using exporter = openOtlp({ url: `${url}/`, headers: { 'x-key': 'k' }, service, clock })
    exporter.add([span('one'), span('two')])
    expect(received).toEqual([])
    await clock.advance(5000)
    await expect.poll(names).toEqual(['one', 'two'])
    expect(received[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-key': 'k', 'content-type': 'application/json' } })
    exporter.add([span('three')])
  }
  expect(names()).toEqual(['one', 'two', 'three'])
})

it('sends in pieces and keeps no more than a bound', async () => {
  let dropped = 0
  {
    await using exporter = openOtlp({ url, service, clock: createFakeClock(), onDropped: (spans) => (dropped += spans) })
    for (let i = 0; i < 5000; i += 1) exporter.add([span(`s${i}`)])
  }
  expect([names().length, received.length, dropped]).toEqual([4096, 8, 904])
})

it('drops what a collector does not take, and goes on', async () => {
  const dropped: number[] = []
  const clock = createFakeClock()
  await using exporter = openOtlp({ url, service, clock, onDropped: (spans) => void dropped.push(spans) })
  status = 503
  exporter.add([span('lost')])
  await clock.advance(5000)
  await expect.poll(() => dropped).toEqual([1])
  status = 200
  exporter.add([span('kept')])
  await clock.advance(5000)
  await expect.poll(names).toEqual(['lost', 'kept'])
})

it('counts what nobody listens to', async () => {
  let dropped = 0
  {
    await using exporter = openOtlp({
      url: 'http://127.0.0.1:1',
      service,
      clock: createFakeClock(),
      onDropped: (spans) => (dropped += spans),
    })
    exporter.add([span('a')])
  }
  expect(dropped).toBe(1)
})

it('writes the request as the protocol has it in JSON', () => {
  expect(toRequest([{ ...span('turn'), parentSpanId: 'c'.repeat(16), failed: true }], service)).toEqual({
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'vigia' } },
            { key: 'service.version', value: { stringValue: '1' } },
          ],
        },
        scopeSpans: [
          {
            scope: { name: 'vigia', version: '1' },
            spans: [
              {
                traceId: 'a'.repeat(32),
                spanId: 'b'.repeat(16),
                parentSpanId: 'c'.repeat(16),
                name: 'turn',
                kind: 1,
                startTimeUnixNano: '1700000000000500000',
                endTimeUnixNano: '1700000000100000000',
                attributes: [
                  { key: 'text', value: { stringValue: 'x' } },
                  { key: 'whole', value: { intValue: '3' } },
                  { key: 'part', value: { doubleValue: 0.5 } },
                  { key: 'yes', value: { boolValue: true } },
                ],
                status: { code: 2 },
              },
            ],
          },
        ],
      },
    ],
  })
})
