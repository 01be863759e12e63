import type { ExcludedReason, Segment } from '@vigia/protocol'
import type { AudioLog, Store } from '../store/store.ts'
import type { SessionEvent } from './service.ts'

/** Live texts on their way to the disk: each is told when it and the audio behind it are there, in order. */

export interface StoredTextsOptions {
  sessionId: string
  log: Pick<AudioLog, 'durableBytes'>
  store: Store
  emit: (event: SessionEvent) => void
}

/** Texts wait for their audio to be on disk; with more than this many waiting, the disk is the trouble. */
const MAX_WAITING = 1000

export class StoredTexts {
  readonly #options: StoredTextsOptions
  #waiters: { bytes: number; resolve: () => void }[] = []
  #told: Promise<void> = Promise.resolve()

  constructor(options: StoredTextsOptions) {
    this.#options = options
  }

  /** Resolves when all that was handed over is told. */
  get told(): Promise<void> {
    return this.#told
  }

  /** So many bytes of the stream are on disk. */
  durable(bytes: number): void {
    if (this.#waiters.length === 0) return
    for (const waiter of this.#waiters) if (waiter.bytes <= bytes) waiter.resolve()
    this.#waiters = this.#waiters.filter((waiter) => waiter.bytes > bytes)
  }

  /** A final text, which rests on audio up to `throughByte`. With too many waiting it is left to the second pass. */
  add(segment: Segment, throughByte: number): void {
    if (this.#waiters.length >= MAX_WAITING) return
    const stored = Promise.all([this.#untilDurable(throughByte), this.#store([segment])])
    stored.catch(() => {}) // told when those before it are; until then nobody listens
    this.#tell([segment], () => stored, segment.id)
  }

  /** Texts that stay, marked as not counting. */
  exclude(segments: readonly Segment[], reason: ExcludedReason): void {
    const marked = segments.map((segment) => ({ ...segment, excluded: reason, rev: segment.rev + 1 }))
    this.#tell(marked, () => this.#store(marked))
  }

  #tell(segments: readonly Segment[], stored: () => Promise<unknown>, item?: string): void {
    const { emit } = this.#options
    this.#told = this.#told.then(async () => {
      try {
        await stored()
        for (const segment of segments) emit({ type: 'segment', segment })
      } catch (error) {
        emit({ type: 'error', error, ...(item === undefined ? {} : { item }) })
      }
    })
  }

  #store(segments: readonly Segment[]): Promise<void> {
    const { store, sessionId } = this.#options
    return store.segments.upsert(
      sessionId,
      segments.map((segment) => ({ ...segment, pass: 'live' as const })),
    )
  }

  #untilDurable(bytes: number): Promise<void> {
    if (this.#options.log.durableBytes >= bytes) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ bytes, resolve }))
  }
}
