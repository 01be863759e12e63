import { VigiaError } from '@vigia/protocol'
import { type Container, describeContainer, sniff } from './sniff.ts'

/** Bytes in which a stream must show its first valid piece. */
const MAX_SEARCH = 65_536
const SNIFFED = 16

/** Refuses a stream that is something else from its beginning; damage later on is passed over. */
export class StreamStart {
  readonly #expected: Container
  #recognized = false
  #sniffed = false

  constructor(expected: Container) {
    this.#expected = expected
  }

  get recognized(): boolean {
    return this.#recognized
  }

  /** The stream has shown a valid piece. */
  recognize(): void {
    this.#recognized = true
  }

  /**
   * @param view - what waits
   * @param skipped - bytes passed over so far
   * @throws VigiaError `invalid_audio` when it is another container, or nothing valid was found in time
   */
  check(view: Uint8Array, skipped: number): void {
    if (this.#recognized) return
    if (!this.#sniffed && skipped === 0 && view.length >= SNIFFED) this.#sniff(view)
    if (skipped > MAX_SEARCH) throw this.#wrong(`${skipped} bytes without any valid piece of it`)
  }

  #sniff(view: Uint8Array): void {
    this.#sniffed = true
    const found = sniff(view)
    // Two bytes of MPEG sync may come by chance; the other signatures do not.
    const certain = found !== 'unknown' && view[0] !== 0xff
    if (certain && describeContainer(found).split('/')[0] !== describeContainer(this.#expected).split('/')[0]) {
      throw this.#wrong(describeContainer(found))
    }
  }

  #wrong(got: string): VigiaError {
    return new VigiaError('invalid_audio', `Expected a ${describeContainer(this.#expected)} stream, got ${got}.`, {
      hint: 'Name the encoding that you really send, and begin with its header.',
    })
  }
}
