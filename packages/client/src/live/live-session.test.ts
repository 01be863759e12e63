import type { ClientMessage } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { LiveSession } from './live-session.ts'

/** A server that answers `config` and notes the rest. */
class FakeSocket {
  binaryType = ''
  readyState = 1
  bufferedAmount = 0
  readonly took: string[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onerror: (() => void) | null = null

  constructor() {
    queueMicrotask(() => this.onopen?.())
  }

  send(data: string): void {
    const message = JSON.parse(data) as ClientMessage
    this.took.push(message.type)
    if (message.type === 'config') this.deliver({ type: 'config_ack', session_id: 's', resume_token: 't', received_bytes: 0 })
  }

  deliver(message: object): void {
    queueMicrotask(() => this.onmessage?.({ data: JSON.stringify(message) }))
  }

  close(): void {}
}

it('sends no control message behind the end of the stream: the server knows no session there any more', async () => {
  const socket = new FakeSocket()
  const session = new LiveSession({ url: 'http://127.0.0.1:1', socket: () => socket as unknown as WebSocket })
  await session.ready
  expect(session.send({ type: 'playback', played_ms: 100, reply_id: 1 })).toBe(true)
  const ended = session.end()
  expect(session.send({ type: 'playback', played_ms: 200, reply_id: 1 })).toBe(false)
  expect(session.send({ type: 'interrupt' })).toBe(false)
  expect(socket.took).toEqual(['config', 'playback', 'end_of_stream'])
  session.close()
  await expect(ended).rejects.toMatchObject({ code: 'aborted' })
})
