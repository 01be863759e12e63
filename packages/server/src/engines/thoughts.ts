/** Takes `<think>…</think>` out of a stream of text, wherever the pieces are cut. Pure, but for what it keeps between pieces. */

const OPEN = /<(think|thinking|thought|reasoning)>/iu
const LONGEST_TAG = '</reasoning>'.length

export class ThoughtFilter {
  #held = ''
  #closing: RegExp | null = null
  #isStart = true

  /** The text that may go out now. */
  push(piece: string): string {
    this.#held += piece
    let out = ''
    for (;;) {
      if (this.#closing) {
        const end = this.#closing.exec(this.#held)
        if (!end) {
          this.#held = this.#held.slice(-LONGEST_TAG)
          return this.#trimStart(out)
        }
        this.#held = this.#held.slice(end.index + end[0].length)
        this.#closing = null
        continue
      }
      const start = OPEN.exec(this.#held)
      if (!start) break
      out += this.#held.slice(0, start.index)
      this.#held = this.#held.slice(start.index + start[0].length)
      this.#closing = new RegExp(`</${start[1]}>`, 'iu')
    }
    const safe = this.#held.length - heldBack(this.#held)
    out += this.#held.slice(0, safe)
    this.#held = this.#held.slice(safe)
    return this.#trimStart(out)
  }

  /** What is left when the stream has ended. A thought that never ended stays out. */
  end(): string {
    const rest = this.#closing ? '' : this.#held
    this.#held = ''
    return this.#trimStart(rest)
  }

  /** White space between the thought and the answer is no answer. */
  #trimStart(text: string): string {
    if (!this.#isStart) return text
    const trimmed = text.replace(/^\s+/u, '')
    if (trimmed !== '') this.#isStart = false
    return trimmed
  }
}

/** How many characters at the end may be the beginning of a tag. */
function heldBack(text: string): number {
  const at = text.lastIndexOf('<')
  if (at < 0 || text.length - at >= LONGEST_TAG) return 0
  return /^<[a-z]*$/iu.test(text.slice(at)) ? text.length - at : 0
}
