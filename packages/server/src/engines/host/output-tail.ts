import type { Readable } from 'node:stream'

/** Bytes of a child's output that are kept for the crash report. */
const KEPT_BYTES = 8192

/**
 * Reads a child's stdout or stderr for ever and keeps only its end, so that a flooding child neither blocks on a
 * full pipe nor grows the gateway. Engines print model facts and errors here, never what people said.
 */
export class OutputTail {
  #tail = ''

  constructor(stream: Readable) {
    stream.setEncoding('latin1')
    stream.on('data', (chunk: string) => this.#take(chunk))
    stream.on('error', () => {})
  }

  #take(chunk: string): void {
    this.#tail = chunk.length >= KEPT_BYTES ? chunk.slice(-KEPT_BYTES) : (this.#tail + chunk).slice(-KEPT_BYTES)
  }

  /** The last lines, at most `maxLines`. */
  lines(maxLines: number): string[] {
    return this.#tail.split('\n').filter(Boolean).slice(-maxLines)
  }
}
