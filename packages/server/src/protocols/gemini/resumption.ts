import { SESSION_ID_PATTERN, VigiaError } from '@vigia/protocol'

/** Handles of Live sessions: what a client needs to come back, in one opaque string; and how much of what it sent is safe. */

export function handleOf({ id, resumeToken }: { id: string; resumeToken: string }): string {
  return Buffer.from(JSON.stringify([id, resumeToken])).toString('base64url')
}

/** @throws VigiaError `resume_denied` */
export function readHandle(handle: string): { sessionId: string; resumeToken: string } {
  try {
    const [sessionId, resumeToken] = JSON.parse(Buffer.from(handle, 'base64url').toString('utf8')) as unknown[]
    if (typeof sessionId === 'string' && SESSION_ID_PATTERN.test(sessionId) && typeof resumeToken === 'string')
      return { sessionId, resumeToken }
  } catch {}
  throw new VigiaError('resume_denied', 'The handle is not one of this server.')
}

const MAX_WAITING = 4096

/** Index of the newest client message (from 0, `setup` not counted) of which everything is on disk. */
export class Consumed {
  #index = -1
  #bytes: number
  #waiting: { index: number; end: number }[] = []

  /** @param bytes - of the session's stream so far */
  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** A message was taken. */
  next(): void {
    this.#index += 1
  }

  /** Audio of the newest message. */
  audio(bytes: number): void {
    this.#bytes += bytes
    // above the bound messages wait together, from the first of them on: less is told as safe than is, never more
    if (this.#waiting.length >= MAX_WAITING) this.#waiting.at(-1)!.end = this.#bytes
    else this.#waiting.push({ index: this.#index, end: this.#bytes })
  }

  durable(bytes: number): void {
    while (this.#waiting[0] && this.#waiting[0].end <= bytes) this.#waiting.shift()
  }

  get index(): number {
    return this.#waiting[0] ? this.#waiting[0].index - 1 : this.#index
  }
}
