import { VigiaError } from '@vigia/protocol'
import type WebSocket from 'ws'
import { BoundedQueue } from '../../std/bounded-queue.ts'
import { type PcmChunk, SAMPLE_RATE } from '../audio.ts'

/** One utterance through a speech service's socket: audio up, JSON events down, an end in every case. */

export interface SpeechSocketOptions {
  open: () => WebSocket
  /** Name for messages. */
  service: string
  /** Longest time to connect, and longest silence of the service after the last audio, ms. */
  timeoutMs: number
  /** Sent first. */
  hello?: readonly object[]
  encode(samples: Int16Array): string | Uint8Array
  /** Sent when the audio has ended. */
  finish(): readonly string[]
}

/** An event of the service, with the audio sent so far. */
export interface Heard<E> {
  event: E
  startMs: number
  endMs: number
}

/** Bytes that may wait in the socket before more audio is taken. */
const MAX_BUFFERED = 1024 * 1024
const MAX_EVENTS = 10_000

export class SpeechSocket<E> {
  readonly #options: SpeechSocketOptions
  readonly #events = new BoundedQueue<E>({ capacity: MAX_EVENTS })
  #startMs: number | null = null
  #samples = 0
  #ended = false

  constructor(options: SpeechSocketOptions) {
    this.#options = options
  }

  /**
   * Ends when the service has closed in order, or when the caller stops.
   *
   * @throws VigiaError `engine_unavailable`, `engine_timeout`, `asr_failed`, `rate_limited`; the signal's reason
   */
  async *run(audio: AsyncIterable<PcmChunk>, signal: AbortSignal): AsyncGenerator<Heard<E>> {
    signal.throwIfAborted()
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    const onAbort = (): void => failed.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const source = audio[Symbol.asyncIterator]()
    const first = await Promise.race([source.next(), failed.promise])
    // No audio, no connection.
    if (first.done) return
    const socket = this.#options.open()
    const timer = new Watchdog(this.#options.timeoutMs, () => failed.reject(this.#late()))
    this.#listen(socket, failed.reject, timer)
    try {
      await Promise.race([opened(socket), failed.promise])
      timer.stop()
      for (const message of this.#options.hello ?? []) socket.send(JSON.stringify(message))
      const sending = this.#send(socket, source, first.value, timer).catch(failed.reject)
      const events = this.#events[Symbol.asyncIterator]()
      for (;;) {
        const { value: event, done } = await Promise.race([events.next(), failed.promise])
        if (done) break
        yield { event, startMs: this.#startMs ?? 0, endMs: (this.#startMs ?? 0) + (this.#samples * 1000) / SAMPLE_RATE }
      }
      await Promise.race([sending, failed.promise])
    } finally {
      timer.stop()
      signal.removeEventListener('abort', onAbort)
      source.return?.()?.then(undefined, () => {})
      socket.terminate()
    }
  }

  async #send(socket: WebSocket, source: AsyncIterator<PcmChunk>, first: PcmChunk, timer: Watchdog): Promise<void> {
    for (let chunk: PcmChunk | null = first; chunk; ) {
      this.#startMs ??= chunk.startMs
      this.#samples += chunk.samples.length
      socket.send(this.#options.encode(chunk.samples))
      while (socket.bufferedAmount > MAX_BUFFERED && socket.readyState === socket.OPEN)
        await new Promise((resolve) => setTimeout(resolve, 20))
      const { value, done } = await source.next()
      chunk = done ? null : value
    }
    this.#ended = true
    timer.start()
    for (const message of this.#options.finish()) socket.send(message)
  }

  #listen(socket: WebSocket, reject: (reason: unknown) => void, timer: Watchdog): void {
    const { service } = this.#options
    socket.on('message', (data, isBinary) => {
      if (this.#ended) timer.start()
      if (isBinary) return
      try {
        this.#events.push(JSON.parse(String(data)) as E)
      } catch (cause) {
        reject(new VigiaError('asr_failed', `${service} sent something that is no event.`, { cause }))
      }
    })
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      const code = statusCode === 429 ? 'rate_limited' : 'engine_unavailable'
      reject(
        new VigiaError(code, `${service} refused the connection (${statusCode}).`, { hint: 'Check address, model and key.' }),
      )
    })
    socket.on('error', (cause) =>
      reject(new VigiaError('engine_unavailable', `${service} could not be reached.`, { hint: 'Is it running?', cause })),
    )
    socket.on('close', (code) => {
      if (this.#ended && code === 1000) this.#events.close()
      else
        reject(new VigiaError('asr_failed', `${service} closed the connection in the middle (${code}).`, { hint: 'Try again.' }))
    })
  }

  #late(): VigiaError {
    return new VigiaError('engine_timeout', `${this.#options.service} did not answer within ${this.#options.timeoutMs} ms.`)
  }
}

/** Calls once when it was not started again in time. */
class Watchdog {
  readonly #ms: number
  readonly #onLate: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number, onLate: () => void) {
    this.#ms = ms
    this.#onLate = onLate
    this.start()
  }

  start(): void {
    this.stop()
    this.#timer = setTimeout(this.#onLate, this.#ms)
  }
  stop(): void {
    clearTimeout(this.#timer)
  }
}

const opened = (socket: WebSocket): Promise<void> => new Promise((resolve) => socket.once('open', () => resolve()))
