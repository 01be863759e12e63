import { hashOf } from '../../host/poison-guard.ts'
import { VAD_WINDOW } from '../../vad.ts'

/** Windows that are remembered (about 17 minutes of sound); the oldest are forgotten. */
const REMEMBERED = 32_000

/** Windows of the calls that ended the process twice, known by hashes. Silence is like all silence and never among them. */
export class PoisonWindows {
  readonly #keys = new Set<string>()

  /** @param windows - what one call held; the window that did it is one of them */
  add(windows: Int16Array): void {
    for (const window of windowsOf(windows)) {
      if (this.#keys.size >= REMEMBERED) this.#keys.delete(this.#keys.values().next().value!)
      if (window.some((sample) => sample !== 0)) this.#keys.add(hashOf(window))
    }
  }

  /** True when one of these windows is known. */
  has(windows: Int16Array): boolean {
    return this.#keys.size > 0 && windowsOf(windows).some((window) => this.#keys.has(hashOf(window)))
  }
}

const windowsOf = (windows: Int16Array): Int16Array[] =>
  Array.from({ length: windows.length / VAD_WINDOW }, (_, at) => windows.subarray(at * VAD_WINDOW, (at + 1) * VAD_WINDOW))
