import type { Observation, ServerMessage } from '@vigia/protocol'
import { clock } from '../analysis/render/lines.ts'

/** What the demo shows while it runs: settled lines above, one changing line below. */

export interface Screen {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

export class DemoScreen {
  readonly #out: Screen
  #pending = ''
  #acknowledged = 0

  constructor(out: Screen) {
    this.#out = out
  }

  /** The newest durable byte that the server told of. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  line(text: string): void {
    this.#clear()
    this.#out.write(`${text}\n`)
    this.#draw()
  }

  message(message: ServerMessage): void {
    switch (message.type) {
      case 'config_ack':
        this.#opened(message)
        break
      case 'ack':
        this.#acknowledged = message.received_bytes
        this.#show(this.#pending)
        break
      case 'partial_result':
        this.#show(message.text)
        break
      case 'segment':
        this.#pending = ''
        this.line(
          `${clock(message.start)}  ${message.speaker ?? '  '}  ${message.text}${message.excluded ? `  [${message.excluded}]` : ''}`,
        )
        break
      case 'final_result':
        this.#final(message)
        break
      case 'analysis_progress':
        this.#show(`${message.stage} ${Math.round((100 * message.done) / Math.max(1, message.total))} %`)
        break
      case 'alert':
        this.line(`  !    ${message.what}: ${message.why} (${message.where})`)
        break
      case 'degraded':
        this.line(`  !    ${message.tier}: ${message.reason}`)
        break
      case 'error':
        this.line(`  !    ${message.code}: ${message.message}${message.hint ? ` ${message.hint}` : ''}`)
        break
    }
  }

  photo(name: string, observation: Observation): void {
    this.line(`${clock(observation.at ?? 0)}  📷  ${name}: ${observation.description}`)
  }

  end(): void {
    this.#clear()
    this.#pending = ''
  }

  #opened({ session_id, engines }: Extract<ServerMessage, { type: 'config_ack' }>): void {
    this.line(`session ${session_id}`)
    for (const [port, { id, model, note, available }] of Object.entries(engines)) {
      this.line(`  ${port}: ${available ? (model ?? id) : 'none'}${note ? ` (${note})` : ''}`)
    }
    this.line('')
  }

  #final({ duration, segments }: Extract<ServerMessage, { type: 'final_result' }>): void {
    this.#pending = ''
    this.line(`\nTranscript, ${clock(duration)}, second pass over the recording:\n`)
    for (const { start, speaker, text, excluded } of segments) {
      this.line(`${clock(start)}  ${speaker ?? '  '}  ${text}${excluded ? `  [${excluded}]` : ''}`)
    }
    this.line('')
  }

  #show(text: string): void {
    this.#clear()
    this.#pending = text
    this.#draw()
  }

  #draw(): void {
    if (!this.#out.isTTY || this.#pending === '') return
    const status = `${Math.round(this.#acknowledged / 1024)} kB on disk  `
    const room = (this.#out.columns ?? 80) - status.length - 1
    this.#out.write(status + (this.#pending.length > room ? `…${this.#pending.slice(1 - room)}` : this.#pending))
  }

  #clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }
}
