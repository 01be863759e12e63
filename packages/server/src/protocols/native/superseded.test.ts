import { expect, it } from 'vitest'
import type { SessionListener, SessionService } from '../../session/service.ts'
import { createFakeClock } from '../../std/fake-clock.ts'
import { NativeConnection } from './connection.ts'

/** A connection whose session another one takes over. */

it('sends no acknowledgement that waits once another connection has the session: it would be less than what that one was told', async () => {
  const clock = createFakeClock()
  const sent: { type: string; received_bytes?: number }[] = []
  let tell: SessionListener = () => {}
  const session = { id: 's', resumeToken: 't', receivedBytes: 0, receivedMs: 0, tier: 'full', config: {}, assistant: null }
  const sessions = {
    open: async (_config: unknown, _token: unknown, _owner: unknown, listener: SessionListener) => {
      tell = listener
      return { session: { ...session, inflightBytes: 0, pendingBytes: 0, audio() {}, detach() {} }, engines: {}, limits: {} }
    },
  } as unknown as SessionService
  let closeCode = 0
  const connection = new NativeConnection({
    sessions,
    clock,
    owner: null,
    maxMessageBytes: 1 << 20,
    maxInflightBytes: 1 << 20,
    maxPendingBytes: 1 << 20,
    maxClientBytes: 1 << 20,
    idleMs: 60_000,
    onFrame: async () => {},
    wire: {
      send: (text) => void sent.push(JSON.parse(text)),
      binary: () => {},
      bufferedBytes: 0,
      close: (code) => {
        closeCode = code
      },
      setPaused: () => {},
    },
  })
  connection.text('{"type":"config"}')
  await expect.poll(() => sent.at(-1)?.type).toBe('config_ack')
  tell({ type: 'durable', receivedBytes: 100 })
  tell({ type: 'durable', receivedBytes: 200 }) // told a little later, together with what comes soon
  expect(sent.at(-1)).toMatchObject({ type: 'ack', received_bytes: 100 })

  tell({ type: 'superseded' })
  expect([sent.at(-1)?.type, closeCode]).toEqual(['error', 4409])
  await clock.advance(1000)
  expect(sent.at(-1)?.type).toBe('error')
})
