import { createHash } from 'node:crypto'
import { VigiaError } from '@vigia/protocol'
import { WeightedSemaphore } from '../../std/weighted-semaphore.ts'
import { isDeath } from './retry-once.ts'

/**
 * Keeps one piece of audio from ending an engine again and again. A piece under which the process died is tried once more,
 * alone, so that what ran beside it is not blamed; when it dies again, the piece is refused from then on, and the engine
 * is not held to account for it.
 */

export interface PoisonGuardOptions {
  /** Calls that run at the same time. */
  parallel: number
  /** Told when a piece was found out, with the deaths it caused. */
  onPoison?: (deaths: number) => void
}

/** Pieces that are remembered; the oldest are forgotten. */
const REMEMBERED = 1000
/** A piece is known by its first quarter second of sound, so that an utterance that grew is known again. */
const HEAD_SAMPLES = 4000
/** The death that raised suspicion, and the one that proved it. */
const DEATHS = 2

export class PoisonGuard {
  readonly #options: PoisonGuardOptions
  readonly #turns: WeightedSemaphore
  readonly #poison = new Set<string>()

  constructor(options: PoisonGuardOptions) {
    this.#options = options
    this.#turns = new WeightedSemaphore(options.parallel, options.parallel)
  }

  /**
   * @param call - decodes the piece; called twice at most
   * @throws VigiaError `asr_failed` for a piece that ended the engine twice; what `call` throws
   */
  async run<T>(samples: Int16Array, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    if (this.#poison.size > 0 && this.#poison.has(keyOf(samples))) throw poisonous()
    try {
      return await this.#turns.run(1, call, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
    }
    try {
      return await this.#turns.run(this.#options.parallel, call, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
      this.#remember(keyOf(samples))
      throw poisonous(error)
    }
  }

  #remember(key: string): void {
    if (this.#poison.size >= REMEMBERED) this.#poison.delete(this.#poison.values().next().value!)
    this.#poison.add(key)
    this.#options.onPoison?.(DEATHS)
  }
}

/** A hash of the head; silence ahead of it does not count, for all silence is alike. */
function keyOf(samples: Int16Array): string {
  const start = Math.max(
    0,
    samples.findIndex((sample) => sample !== 0),
  )
  const head = samples.subarray(start, start + HEAD_SAMPLES)
  return createHash('sha256')
    .update(new Uint8Array(head.buffer, head.byteOffset, head.byteLength))
    .digest('base64')
}

const poisonous = (cause?: unknown): VigiaError =>
  new VigiaError('asr_failed', 'This piece of audio ended the recognizer twice; it is not tried again.', {
    hint: 'The rest of the recording is recognized. Another recognizer may take it: change engines.asr and analyse again.',
    cause,
  })
