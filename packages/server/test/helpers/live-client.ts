import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientMessageInput, ServerMessage, ServerMessageOf } from '@vigia/protocol'
import { WebSocket } from 'ws'

/** A bare client of the native protocol for tests: sends what it is told and keeps every message that came. */
export class LiveClient implements AsyncDisposable {
  readonly received: ServerMessage[] = []
  readonly #socket: WebSocket
  readonly #waiters = new Set<() => void>()
  closeCode: number | null = null
  /** Told of each message as it comes. */
  onMessage: (message: ServerMessage) => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        const message = JSON.parse(String(data)) as ServerMessage
        this.received.push(message)
        this.onMessage(message)
      }
      this.#wake()
    })
    socket.on('close', (code) => {
      this.closeCode = code
      this.#wake()
    })
    socket.on('error', () => {})
  }

  static async connect(url: string, options: { headers?: Record<string, string> } = {}): Promise<LiveClient> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/audio`, options)
    const client = new LiveClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve())
      socket.once('error', reject)
    })
    return client
  }

  send(message: ClientMessageInput): void {
    this.#socket.send(JSON.stringify(message))
  }

  raw(data: string | Uint8Array): void {
    this.#socket.send(data)
  }

  /** Sends audio in chunks; `paceMs` waits between them. */
  async audio(bytes: Uint8Array, chunkBytes = 3200, paceMs = 0): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      this.#socket.send(bytes.subarray(at, at + chunkBytes))
      if (paceMs > 0) await sleep(paceMs)
      else if (this.#socket.bufferedAmount > 1 << 20) await sleep(1)
    }
  }

  async open(config: Omit<Extract<ClientMessageInput, { type: 'config' }>, 'type'> = {}): Promise<ServerMessageOf<'config_ack'>> {
    this.send({ type: 'config', ...config })
    return this.next('config_ack')
  }

  all<T extends ServerMessage['type']>(type: T): ServerMessageOf<T>[] {
    return this.received.filter((message): message is ServerMessageOf<T> => message.type === type)
  }

  /** The first message of this type, or the first that comes after `after` of them. */
  async next<T extends ServerMessage['type']>(type: T, after = 0, timeoutMs = 20_000): Promise<ServerMessageOf<T>> {
    await this.until(() => this.all(type).length > after, timeoutMs, `no "${type}" came`)
    return this.all(type)[after]!
  }

  /** Waits for a condition on what was received. */
  async until(condition: () => boolean, timeoutMs = 20_000, what = 'the condition did not come true'): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!condition()) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw new Error(`${what} within ${timeoutMs} ms; received: ${this.received.map((m) => m.type).join(' ')}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, leftMs)
        const waiters = this.#waiters
        function done(): void {
          clearTimeout(timer)
          waiters.delete(done)
          resolve()
        }
        waiters.add(done)
      })
    }
  }

  get closed(): Promise<number> {
    return this.until(() => this.closeCode !== null).then(() => this.closeCode!)
  }

  /** Leaves what comes in the socket. */
  stopReading(): void {
    this.#socket.pause()
  }

  /** Drops the socket without a word, as a lost network does. */
  drop(): void {
    this.#socket.terminate()
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closeCode === null) this.#socket.close()
    await this.until(() => this.closeCode !== null, 2000).catch(() => this.#socket.terminate())
  }
}
