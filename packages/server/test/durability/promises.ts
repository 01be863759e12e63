import { join } from 'node:path'
import { streamBytes } from '../helpers/stream-bytes.ts'
import { testKey } from '../helpers/test-key.ts'

/** What `crash-writer.ts` has promised so far, as the verifier is told of it. */
export class Promises {
  readonly #sessions = new Map<string, { acked: number; ended: boolean; erased: boolean | 'maybe' }>()
  readonly #photos: { id: string; sha256: string }[] = []

  get sessionIds(): string[] {
    return [...this.#sessions.keys()]
  }

  isEnded(id: string): boolean {
    return this.#sessions.get(id)?.ended === true
  }

  isErased(id: string): boolean {
    return this.#sessions.get(id)?.erased === true
  }

  /** One line of the writer's output. */
  note(line: string): void {
    const [kind = '', id = '', value = ''] = line.split(' ')
    if (kind === 'photo') {
      this.#photos.push({ id, sha256: value })
      return
    }
    const session = this.#sessions.get(id) ?? { acked: 0, ended: false, erased: false }
    this.#sessions.set(id, session)
    if (kind === 'ack') session.acked = Math.max(session.acked, Number(value))
    if (kind === 'ended') session.ended = true
    if (kind === 'erasing') session.erased = 'maybe'
    if (kind === 'erased') session.erased = true
  }

  get log(): unknown[] {
    return [...this.#sessions]
      .filter(([, { erased }]) => erased !== 'maybe')
      .map(([session, { acked, ended, erased }]) => ({
        session,
        acked,
        ended,
        erased,
        sent: SENT[Number(session.slice(1))],
        gaps: [],
        photos: this.#photos,
      }))
  }
}

/** More of each stream than the writer sends. */
const SENT = [0, 1, 2].map((stream) => streamBytes(stream, 0, 60_000))

const verifier = (await import(join(import.meta.dirname, '../../../../tools/verify/verify.mjs'))) as {
  /** The verifier, which shares no code with the server. */
  verify: (dataDir: string, log: unknown[], master: Buffer | null) => { problems: string[] }
}

/** What the verifier finds. */
export const verify = (dataDir: string, log: unknown[]): { problems: string[] } => verifier.verify(dataDir, log, testKey)
