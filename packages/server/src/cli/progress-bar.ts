/** A progress bar on a terminal; one line per stage elsewhere. */

export interface ProgressSink {
  isTTY?: boolean
  write(text: string): unknown
}

const WIDTH = 24

export class ProgressBar {
  readonly #out: ProgressSink
  readonly #label: string
  #stage = ''

  constructor(out: ProgressSink, label: string) {
    this.#out = out
    this.#label = label
  }

  update(stage: string, done: number, total: number): void {
    const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${this.#line(stage, share)}`)
    else if (stage !== this.#stage) this.#out.write(`${this.#label}: ${stage}\n`)
    this.#stage = stage
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }

  #line(stage: string, share: number): string {
    const full = Math.round(share * WIDTH)
    return `${this.#label} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${String(Math.round(share * 100)).padStart(3)} % ${stage}`
  }
}
