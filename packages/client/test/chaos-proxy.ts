import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy that a bad network lives in. Every way of failing is asked for, none is random. */
export class ChaosProxy implements AsyncDisposable {
  readonly #server = createServer((client) => this.#accept(client))
  readonly #pairs = new Set<{ client: Socket; upstream: Socket }>()
  #mode: 'pass' | 'freeze' | 'half_open' | 'refuse' | 'slow' = 'pass'
  connections = 0

  static async open(targetPort: number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  readonly #targetPort: number

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /**
   * `freeze`: nothing moves in either direction; `half_open`: what the client sends vanishes, nothing comes back;
   * `slow`: a few kilobytes at a time; `refuse`: no new connections.
   */
  set(mode: 'pass' | 'freeze' | 'half_open' | 'refuse' | 'slow'): void {
    // TCP loses nothing in the middle of a connection that lives: one that lost bytes does not come back
    if (this.#mode === 'half_open' && mode !== 'half_open') this.cut()
    this.#mode = mode
    for (const { client, upstream } of this.#pairs) {
      const stopped = mode === 'freeze'
      for (const socket of [client, upstream]) stopped ? socket.pause() : socket.resume()
    }
  }

  /** All connections end without a word. */
  cut(): void {
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refuse') return void client.resetAndDestroy()
    this.connections += 1
    const upstream = connect(this.#targetPort, '127.0.0.1')
    const pair = { client, upstream }
    this.#pairs.add(pair)
    this.#join(client, upstream)
    this.#join(upstream, client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#pairs.delete(pair)
        // a connection that is half open does not tell its end
        if (this.#mode !== 'half_open') pair.client.destroy()
        pair.upstream.destroy()
      })
    }
  }

  #join(from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (this.#mode === 'half_open') return
      if (this.#mode === 'slow') {
        from.pause()
        to.write(data, () => setTimeout(() => from.resume(), 15))
      } else if (!to.write(data)) {
        from.pause()
        to.once('drain', () => this.#mode !== 'freeze' && from.resume())
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close').catch(() => {})
  }
}
