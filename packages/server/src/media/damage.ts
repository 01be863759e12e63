/** A stretch of the stream that could not be decoded. */
export interface Damage {
  /** Bytes of the stream that were passed over. */
  bytes: number
  /** What was wrong, in words for a person; holds nothing of the audio. */
  reason: string
  /** Where it lies in what was decoded so far, milliseconds. */
  atMs: number
  /** Audio that is missing, milliseconds, where the stream tells; it was replaced by silence. */
  missingMs?: number
}

/** Entries kept until taken; later ones join the last. */
const MAX_ENTRIES = 64

/** Collects damage, joining what repeats, so that a hostile stream cannot fill the memory. */
export class DamageLog {
  #entries: Damage[] = []

  add(damage: Damage): void {
    const last = this.#entries.at(-1)
    const joins =
      last && (this.#entries.length >= MAX_ENTRIES || (last.reason === damage.reason && damage.atMs - endOf(last) < 1))
    if (!joins) this.#entries.push({ ...damage })
    else {
      last.bytes += damage.bytes
      if (damage.missingMs !== undefined) last.missingMs = (last.missingMs ?? 0) + damage.missingMs
    }
  }

  /** Hands over what was collected and begins afresh. */
  take(): Damage[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }
}

function endOf(damage: Damage): number {
  return damage.atMs + (damage.missingMs ?? 0)
}
