import { once } from 'node:events'
import type { FastifyReply } from 'fastify'

/** Server-sent events over a reply that was taken from Fastify: each event flushed, the writer held back by a slow reader. */

export class EventStream {
  readonly #reply: FastifyReply
  #ended = false

  /** @param type - `text/event-stream`, or the media type of another chunked body */
  constructor(reply: FastifyReply, type = 'text/event-stream') {
    this.#reply = reply
    const headers = reply.getHeaders() as Record<string, string>
    reply.hijack()
    reply.raw.writeHead(200, {
      ...headers,
      'content-type': type,
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    reply.raw.flushHeaders()
  }

  /** One event: `data:` alone, or with a name. */
  async event(data: unknown, name?: string): Promise<void> {
    await this.raw(`${name ? `event: ${name}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  }

  /** Resolves when the reader has room again; what is written to a reader that went away is lost. */
  async raw(chunk: string | Uint8Array): Promise<void> {
    const { raw } = this.#reply
    if (this.#ended || raw.destroyed) return
    if (raw.write(chunk)) return
    const gone = new AbortController()
    const leave = (): void => gone.abort()
    raw.once('close', leave)
    await once(raw, 'drain', { signal: gone.signal }).catch(() => {})
    raw.off('close', leave)
  }

  end(): void {
    this.#ended = true
    this.#reply.raw.end()
  }
}
