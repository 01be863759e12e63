import type { AssistantEvent, AssistantSettings } from '../assistant.ts'
import type { TurnEffect, TurnId, TurnInput } from '../turn/types.ts'
import type { AnswerRequest } from './answerer.ts'
import type { AssistantOptions } from './assistant-options.ts'
import type { Frames } from './frames.ts'
import type { Memory } from './memory.ts'
import { gatherQuestion } from './question.ts'
import { Reply } from './reply.ts'
import { answerLanguage } from './texts.ts'
import type { ToolRunner } from './tools.ts'
import type { TurnTimes } from './turn-times.ts'
import type { Warnings } from './warnings.ts'

/** The answers of one assistant, one at a time: begun, let out, held, cut short, remembered. */

export interface AnswersDeps {
  options: AssistantOptions
  settings: () => Readonly<AssistantSettings>
  /** Someone listens. */
  isAttached: () => boolean
  /** How long a turn may go on after its end, milliseconds. */
  reopenMs: () => number
  runner: ToolRunner
  memory: Memory
  frames: Frames
  times: TurnTimes
  warnings: Warnings
  /** Tells the turn core. */
  core: (input: TurnInput) => void
  decide: (decision: string, reason: string) => void
}

const FRAME_WAIT_MS = 4000

export class Answers {
  readonly #deps: AnswersDeps
  #current: Reply | null = null

  constructor(deps: AnswersDeps) {
    this.#deps = deps
  }

  /** The answer that is being given. */
  get current(): Reply | null {
    return this.#current
  }

  start({ generation, turn, text, speculative }: Extract<TurnEffect, { type: 'start_reply' }>): void {
    const { options, warnings, runner, core } = this.#deps
    const { clock, engines, onError, answerer } = options
    const warning = text === '' ? warnings.take() : null
    const reply = new Reply({
      generation,
      turn,
      speculative,
      held: !this.#deps.isAttached(),
      answerer: warning ?? answerer(runner),
      request: (released, signal) => this.#request(text, turn, released, signal),
      tts: engines.tts,
      settings: warning ? this.#deps.settings() : this.#affordable(),
      language: answerLanguage(options.language),
      clock,
      emit: (event) => this.#fromReply(reply, event),
      onError,
      core: (input) => {
        if (input.type === 'reply_finished') this.#finished(reply)
        core(input)
      },
    })
    this.#current = reply
    reply.start()
    if (!speculative) this.#sealLater()
  }

  /** The turn has ended for good: what was prepared may be heard. */
  release(): void {
    this.#current?.release()
    this.#sealLater()
  }

  /** Cuts it short: what was heard of it is remembered. */
  cancel(reason: string): void {
    const reply = this.#current
    if (!reply) return
    this.#current = null
    const { heardText, playedMs } = reply.cancel(reason)
    if (!reply.started) return
    const { memory, options } = this.#deps
    memory.answered(reply, heardText)
    options.emit({ type: 'reply_interrupted', replyId: reply.generation, heardText, playedMs, reason })
    this.#trace(reply)
    memory.save()
  }

  /** Ends it without a word. */
  close(): void {
    this.#current?.cancel('closed')
    this.#current = null
  }

  /** The settings as the load of this machine allows them; a warning of danger is spoken whatever it costs. */
  #affordable(): AssistantSettings {
    const { options, decide } = this.#deps
    const settings = this.#deps.settings()
    if (settings.voice === 'off' || options.tier() !== 'no_voice') return settings
    decide('no_voice', 'the server is busy')
    return { ...settings, voice: 'off' }
  }

  #fromReply(reply: Reply, event: AssistantEvent): void {
    if (this.#current === reply) this.#deps.options.emit(event)
  }

  /** The turn is sealed when it can no longer go on; then tools may change something. */
  #sealLater(): void {
    const reply = this.#current
    if (!reply) return
    const { times, reopenMs, options } = this.#deps
    const speechEndMs = times.speechEndMs(reply.turn) ?? 0
    const { clock } = options
    clock.setTimeout(() => reply.seal(), Math.max(0, speechEndMs + reopenMs() - clock.now()))
  }

  async #request(text: string, turn: TurnId | null, released: Promise<void>, signal: AbortSignal): Promise<AnswerRequest> {
    const { options, memory, frames, times, decide } = this.#deps
    const { instructions, maxTokens, temperature, forcedTools } = this.#deps.settings()
    const deps = {
      ...options,
      conversation: memory.conversation,
      frames,
      frameWaitMs: options.frameWaitMs ?? FRAME_WAIT_MS,
      onNeed: (reason: 'none' | 'stale', maxAgeMs: number) => {
        options.emit({ type: 'need_frame', reason, maxAgeMs })
        decide('need_frame', reason === 'none' ? 'no photo yet' : 'the last photo is old')
      },
    }
    const spokenFromMs = times.spokenFromMs(turn)
    const question = await gatherQuestion({ text, turn, spokenFromMs }, deps, signal)
    return { ...question, released, instructions, maxTokens, temperature, forcedTools }
  }

  #finished(reply: Reply): void {
    if (this.#current !== reply) return
    const { memory } = this.#deps
    memory.answered(reply, reply.text)
    this.#current = null
    this.#trace(reply)
    memory.save()
  }

  #trace(reply: Reply): void {
    const { times, options } = this.#deps
    const trace = times.trace(reply, options.clock.wallMs() - options.clock.now())
    if (!trace) return
    options.onTrace?.(trace)
    options.emit({ type: 'turn_trace', trace })
  }
}
