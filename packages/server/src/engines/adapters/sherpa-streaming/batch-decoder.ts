/**
 * Decodes the streams of all live sessions together: what arrives while the event loop is busy is one batch, and each
 * round gives every stream that has a whole chunk to one native call. Pure of the library, which comes as an argument.
 */

export interface StreamDecoder<S> {
  isReady(stream: S): boolean
  /** One step of every stream, in one call. */
  decodeAll(streams: S[]): void
}

/** Most streams in one native call; more are several calls. */
const MAX_BATCH = 64

export class BatchDecoder<S> {
  readonly #decoder: StreamDecoder<S>
  #waiting = new Map<S, (() => void)[]>()
  #failing: ((error: unknown) => void)[] = []
  #scheduled = false
  /** Native calls, and streams in them, so far. */
  calls = 0
  streams = 0

  constructor(decoder: StreamDecoder<S>) {
    this.#decoder = decoder
  }

  /** Resolves when everything this stream was given has been decoded. */
  settle(stream: S): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(stream, [...(this.#waiting.get(stream) ?? []), resolve])
      this.#failing.push(reject)
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#run())
    })
  }

  #run(): void {
    this.#scheduled = false
    const waiting = this.#waiting
    const failing = this.#failing
    this.#waiting = new Map()
    this.#failing = []
    try {
      for (;;) {
        const ready = [...waiting.keys()].filter((stream) => this.#decoder.isReady(stream))
        if (ready.length === 0) break
        for (let at = 0; at < ready.length; at += MAX_BATCH) this.#decode(ready.slice(at, at + MAX_BATCH))
      }
    } catch (error) {
      for (const reject of failing) reject(error)
      return
    }
    for (const resolvers of waiting.values()) for (const resolve of resolvers) resolve()
  }

  #decode(batch: S[]): void {
    this.#decoder.decodeAll(batch)
    this.calls += 1
    this.streams += batch.length
  }
}
