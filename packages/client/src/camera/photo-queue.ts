import { type Observation, VigiaError } from '@vigia/protocol'
import { reconnectDelayMs } from '../live/backoff.ts'
import { systemTimers, type Timers } from '../std/timers.ts'

export interface QueuedPhoto {
  image: Blob
  takenAt: Date
  sessionId?: string
}

export interface PhotoQueueOptions {
  /** Sends one, for instance `(photo) => vigia.photo(photo.image, photo)`. */
  send: (photo: QueuedPhoto) => Promise<Observation>
  onObservation?: (observation: Observation) => void
  /** A photo that the server refused, or that gave way to newer ones. */
  onDropped?: (photo: QueuedPhoto, error: VigiaError) => void
  /** Photos to hold while the network is away; the oldest gives way. Default 20. */
  max?: number
  timers?: Timers
  random?: () => number
}

/** Sends photos one after the other and tries again while the server cannot be reached. */
export class PhotoQueue {
  readonly #options: PhotoQueueOptions
  readonly #waiting: QueuedPhoto[] = []
  #sending: QueuedPhoto | null = null
  #closed = false

  constructor(options: PhotoQueueOptions) {
    this.#options = options
  }

  /** Photos that wait, the one under way included. */
  get length(): number {
    return this.#waiting.length + (this.#sending ? 1 : 0)
  }

  add(photo: QueuedPhoto): void {
    if (this.#closed) return
    this.#waiting.push(photo)
    if (this.#waiting.length > (this.#options.max ?? 20)) {
      this.#options.onDropped?.(this.#waiting.shift()!, new VigiaError('aborted', 'Newer photos took its place.'))
    }
    if (!this.#sending) void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
  }

  async #run(): Promise<void> {
    for (let photo = this.#waiting.shift(); photo && !this.#closed; photo = this.#waiting.shift()) {
      this.#sending = photo
      await this.#sendUntilDone(photo)
      this.#sending = null
    }
  }

  async #sendUntilDone(photo: QueuedPhoto): Promise<void> {
    const { send, onObservation, onDropped, timers = systemTimers, random = Math.random } = this.#options
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        onObservation?.(await send(photo))
        return
      } catch (error) {
        const known = VigiaError.is(error) ? error : new VigiaError('internal', 'The photo could not be sent.', { cause: error })
        if (!known.spec.retryable || known.code === 'internal') {
          onDropped?.(photo, known)
          return
        }
        await new Promise<void>((resolve) => void timers.after(reconnectDelayMs(attempt + 1, random()), resolve))
      }
    }
  }
}
