import { WeightedSemaphore } from '../../../std/weighted-semaphore.ts'
import { DEATHS_BY_POISON, PoisonList, poisonous } from '../../host/poison-guard.ts'
import { isDeath } from '../../host/retry-once.ts'

/**
 * Who may speak to the process of the streaming recognizer. Usually all at once, so that they are decoded together. After
 * a death each utterance is told again alone: the one under which the process dies again is poison, is refused from then
 * on, and the engine is not held to account for it. What the others had been told is told again as often as it is lost.
 */
export class StreamTurns {
  readonly #everybody: number
  readonly #turns: WeightedSemaphore
  readonly #onPoison: (deaths: number) => void
  readonly poison = new PoisonList()

  /** @param most - utterances that are open at the same time */
  constructor(most: number, onPoison: (deaths: number) => void) {
    this.#everybody = most
    this.#turns = new WeightedSemaphore(most, most)
    this.#onPoison = onPoison
  }

  /**
   * @param call - one call beside those of the others
   * @param again - tells the whole utterance to a new process
   * @param heard - what `again` tells
   * @throws VigiaError `asr_failed` when the process dies under `again`; what `call` and `again` throw
   */
  async run<T>(call: () => Promise<T>, again: () => Promise<T>, heard: () => Int16Array, signal: AbortSignal): Promise<T> {
    try {
      return await this.#turns.run(1, call, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
    }
    try {
      return await this.#turns.run(this.#everybody, again, signal)
    } catch (error) {
      if (!isDeath(error)) throw error
      this.poison.add(heard())
      this.#onPoison(DEATHS_BY_POISON)
      throw poisonous(error)
    }
  }
}
