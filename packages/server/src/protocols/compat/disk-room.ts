import type { LiveSession } from '../../session/service.ts'

/** Holds a socket back while too much of what it sent waits for the disk, as the native one is not read any further then. */
export class DiskRoom {
  readonly #signal: AbortSignal
  #wake: () => void = () => {}

  /** @param signal - aborted when the client is gone: nobody is held any more */
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wake(), { once: true })
  }

  /** The disk has taken something. */
  changed(): void {
    this.#wake()
  }

  /** Resolves at once below `mostBytes`; above, when half of it is left. For one caller at a time. */
  async left(session: Pick<LiveSession, 'inflightBytes'>, mostBytes: number): Promise<void> {
    if (session.inflightBytes <= mostBytes) return
    while (session.inflightBytes > mostBytes / 2 && !this.#signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
  }
}
