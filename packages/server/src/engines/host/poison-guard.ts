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
  /** What is thrown for a piece that ended the engine twice. */
  refusal?: (cause?: unknown) => VigiaError
}

/** Pieces that are remembered; the oldest are forgotten. */
const REMEMBERED = 1000
/** A piece is known by its first quarter second of sound, so that an utterance that grew is known again. */
const HEAD_SAMPLES = 4000
/** The death that raised suspicion, and the one that proved it. */
export const DEATHS_BY_POISON = 2

export class PoisonGuard {
  readonly #options: PoisonGuardOptions
  readonly #turns: WeightedSemaphore
  readonly #poison = new PoisonList()

  constructor(options: PoisonGuardOptions) {
    this.#options = options
    this.#turns = new WeightedSemaphore(options.parallel, options.parallel)
  }

  /**
   * @param call - decodes the piece; called twice at most
   * @throws VigiaError `asr_failed`, or the refusal that was given, for a piece that ended the engine twice; what `call` throws
   */
  async run<T>(samples: Int16Array, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const { parallel, onPoison, refusal = poisonous } = this.#options
    if (this.#poison.has(samples)) throw refusal()
    try {
      return await this.#turns.run(1, call, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
    }
    try {
      return await this.#turns.run(parallel, call, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
      this.#poison.add(samples)
      onPoison?.(DEATHS_BY_POISON)
      throw refusal(error)
    }
  }
}

/** Pieces of audio that ended an engine, known by hashes. */
export class PoisonList {
  readonly #keys = new Set<string>()

  get isEmpty(): boolean {
    return this.#keys.size === 0
  }

  has(samples: Int16Array): boolean {
    return !this.isEmpty && this.#keys.has(hashOf(headOf(samples)))
  }

  add(samples: Int16Array): void {
    if (this.#keys.size >= REMEMBERED) this.#keys.delete(this.#keys.values().next().value!)
    this.#keys.add(hashOf(headOf(samples)))
  }

  /** True when more samples change nothing about whether the piece is known. */
  isDecided(samples: Int16Array): boolean {
    return headOf(samples).length === HEAD_SAMPLES
  }
}

/** Silence ahead does not count, for all silence is alike. */
function headOf(samples: Int16Array): Int16Array {
  const start = samples.findIndex((sample) => sample !== 0)
  return start < 0 ? samples.subarray(0, 0) : samples.subarray(start, start + HEAD_SAMPLES)
}

/** Names samples without keeping them. */
export const hashOf = (samples: Int16Array): string =>
  createHash('sha256')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('base64')

export const poisonous = (cause?: unknown): VigiaError =>
  new VigiaError('asr_failed', 'This piece of audio ended the recognizer twice; it is not tried again.', {
    hint: 'The rest of the recording is recognized. Another recognizer may take it: change engines.asr and analyse again.',
    cause,
  })
