import { PassThrough } from 'node:stream'
import { setImmediate as soon } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { expect, it } from 'vitest'
import { EventStream } from './sse.ts'

it('waits for a slow reader without leaving listeners behind', async () => {
  const raw = Object.assign(new PassThrough({ highWaterMark: 10 }), { writeHead: () => {}, flushHeaders: () => {} })
  const reply = { raw, getHeaders: () => ({}), hijack: () => {} } as unknown as FastifyReply
  const events = new EventStream(reply)
  const before = raw.listenerCount('close')
  let read = ''
  for (let i = 0; i < 30; i += 1) {
    const sent = events.event({ i })
    await soon()
    read += String(raw.read() ?? '')
    await sent
  }
  expect(raw.listenerCount('close')).toBe(before)
  expect(read.match(/data: /g)).toHaveLength(30)
  const last = events.event({ last: true })
  raw.destroy()
  await last
})
