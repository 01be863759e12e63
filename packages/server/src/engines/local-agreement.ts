import type { Word } from './asr.ts'

/** A word that ends closer than this to the end of the audio may still be growing, ms. */
const EDGE_MS = 300

/**
 * Local agreement: of the growing utterance's successive decodings, the words that two in a row agree on are confirmed
 * and never change; the rest may. (Liu, Niehues, Spanakis: "Low-Latency Sequence-to-Sequence Speech Recognition",
 * Interspeech 2020; with n = 2.)
 */
export class LocalAgreement {
  #confirmed: Word[] = []
  #candidate: Word[] = []

  /** Words that will not change. */
  get confirmed(): readonly Word[] {
    return this.#confirmed
  }

  /** End of the last confirmed word, ms; 0 before the first. */
  get confirmedEndMs(): number {
    return this.#confirmed.at(-1)?.endMs ?? 0
  }

  /**
   * Takes the words of one more decoding.
   *
   * @param words - in order; those that lie in the confirmed stretch are passed over
   * @param heardUntilMs - end of the decoded audio; a word near it may have been cut and is not confirmed yet
   * @returns words behind the confirmed ones, which may still change
   */
  update(words: readonly Word[], heardUntilMs = Number.POSITIVE_INFINITY): readonly Word[] {
    const rest = this.#behindConfirmed(words)
    const previous = this.#candidate
    const settled = (word: Word): boolean => word.endMs <= heardUntilMs - EDGE_MS
    let agreed = 0
    while (agreed < rest.length && agreed < previous.length && settled(rest[agreed]!) && same(rest[agreed]!, previous[agreed]!))
      agreed += 1
    this.#confirmed.push(...rest.slice(0, agreed))
    this.#candidate = rest.slice(agreed)
    return this.#candidate
  }

  /** A decoding may shift a word a little: its middle decides whether it lies behind the confirmed end. */
  #behindConfirmed(words: readonly Word[]): Word[] {
    const endMs = this.confirmedEndMs
    return words.filter((word) => (word.startMs + word.endMs) / 2 >= endMs)
  }
}

/** Compared without case and punctuation, which waver at the end of an open utterance. */
const same = (a: Word, b: Word): boolean => bare(a.text) === bare(b.text)
const bare = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
