import type { ExcludedReason, Observation, Segment } from '@vigia/protocol'
import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import type { AssistantInput, AssistantSettings, ContextItem, IgnoredReason, MessageRef, SeenFrame } from '../assistant.ts'
import { DEFAULT_ASSISTANT } from '../assistant.ts'
import { step } from '../turn/step.ts'
import {
  type Generation,
  initialTurn,
  type TimerName,
  type TurnEffect,
  type TurnInput,
  type TurnOptions,
  type TurnState,
} from '../turn/types.ts'
import { Answers } from './answers.ts'
import type { AssistantOptions } from './assistant-options.ts'
import { ClientTools } from './client-tools.ts'
import { historyBudgetOf, turnOptionsOf, turnSettingsOf } from './derived.ts'
import { Frames } from './frames.ts'
import { askAddressedJudge, askTurnJudge } from './judges.ts'
import { Memory } from './memory.ts'
import { answerLanguage } from './texts.ts'
import { Timers } from './timers.ts'
import { ToolRunner } from './tools.ts'
import { TurnTimes } from './turn-times.ts'
import { Warnings } from './warnings.ts'

/** The assistant of one session: runs the turn core and does what it wants done. All times on one clock. */

/** Finals that may still be excluded. */
const MAX_KEPT_FINALS = 50

export class Assistant implements AssistantInput {
  readonly #options: AssistantOptions
  #turnOptions: TurnOptions
  readonly #timers: Timers<TimerName>
  readonly #frames: Frames
  readonly #memory: Memory
  readonly #runner: ToolRunner
  readonly #abort = new AbortController()
  readonly #warnings = new Warnings()
  readonly #finals = new Map<string, Segment[]>()
  readonly #clientTools: ClientTools
  readonly #times = new TurnTimes()
  #settings: AssistantSettings
  #state: TurnState
  readonly #answers: Answers
  #inputs: TurnInput[] = []
  #lost = false
  #closed = false

  constructor(options: AssistantOptions) {
    this.#options = options
    this.#settings = { ...DEFAULT_ASSISTANT, ...options.settings }
    this.#turnOptions = turnOptionsOf(this.#settings, options)
    this.#state = initialTurn(turnSettingsOf(this.#settings, options))
    this.#timers = new Timers(options.clock, (name) => this.#step({ type: 'timer', name }))
    this.#frames = new Frames(options.clock)
    this.#memory = new Memory(historyBudgetOf(this.#settings, options), options, this.#abort.signal)
    this.#clientTools = new ClientTools(options.emit, () => this.#answers.current?.generation)
    this.#runner = new ToolRunner(() => [...options.tools, ...this.#clientTools.of(this.#settings.tools)], {
      started: (callId, effect) => this.#tool((generation) => ({ type: 'tool_started', generation, callId, effect })),
      committed: (callId) => this.#tool((generation) => ({ type: 'tool_committed', generation, callId })),
      finished: (callId) => this.#tool((generation) => ({ type: 'tool_finished', generation, callId })),
      lateResult: (name, result) =>
        this.#memory.conversation.add({ role: 'system', text: `Tool ${name}, after the answer was interrupted: ${result}` }),
    })
    this.#answers = new Answers({
      options,
      settings: () => this.#settings,
      isAttached: () => this.#state.attached,
      reopenMs: () => this.#turnOptions.reopenMs,
      runner: this.#runner,
      memory: this.#memory,
      frames: this.#frames,
      times: this.#times,
      warnings: this.#warnings,
      core: (input) => this.#step(input),
      decide: (decision, reason) => this.#decide(decision, reason, {}),
    })
  }

  /** The newest photo, for tools. */
  get newestFrame(): { seen: SeenFrame; ageMs: number } | null {
    const seen = this.#frames.newest
    return seen ? { seen, ageMs: this.#frames.ageMs(seen) } : null
  }

  // what the session tells

  speechStarted(utteranceId: string, atMs: number): void {
    this.#step({ type: 'speech_started', utteranceId, startMs: this.#onClock(atMs) })
  }

  speechStopped(atMs: number): void {
    this.#step({ type: 'speech_stopped', speechEndMs: this.#onClock(atMs) })
  }

  pause(atMs: number): void {
    this.#step({ type: 'pause', speechEndMs: this.#onClock(atMs) })
  }

  resumeSpeech(): void {
    this.#step({ type: 'resume' })
  }

  interim(utteranceId: string, text: string): void {
    this.#step({ type: 'interim', utteranceId, text })
  }

  /** All final texts of one utterance, perhaps none; `familiarity`: whether its voice is an enrolled one. */
  utteranceDone(utteranceId: string, segments: Segment[], familiarity: Familiarity | null): void {
    this.#finals.set(utteranceId, segments)
    const oldest = this.#finals.keys().next().value
    if (this.#finals.size > MAX_KEPT_FINALS && oldest !== undefined) this.#finals.delete(oldest)
    const reliable = segments.filter((segment) => segment.excluded === undefined)
    const text = (reliable.length > 0 ? reliable : segments).map((segment) => segment.text).join(' ')
    if (text.trim() === '') this.#step({ type: 'utterance_done', utteranceId })
    else this.#step({ type: 'final', utteranceId, text, unreliable: reliable.length === 0, familiarity })
  }

  seen(observation: Observation): void {
    this.#frames.seen(observation)
  }

  /** A danger was seen: it is spoken as soon as nobody speaks; a grave one takes the place of our own answer. */
  alert(alert: Parameters<Warnings['add']>[0]): void {
    if (!this.#state.attached) return // it is in the session's events; a warning that comes late frightens for nothing
    this.#warnings.add(alert, answerLanguage(this.#options.language))
    if (alert.severity === 'high' && this.#answers.current) this.#step({ type: 'interrupt', reason: 'alert' })
    this.#warn()
  }

  attached(): void {
    this.#lost = true
    this.#answers.current?.announce()
    this.#step({ type: 'attached' })
    this.#lost = false
  }

  detached(): void {
    this.#step({ type: 'detached' })
  }

  /**
   * A span of the session was taken off the record. What was made of it (answers, a summary) cannot be told from the rest: all that was
   * said and seen until now is forgotten.
   */
  forget(): void {
    this.#step({ type: 'interrupt', reason: 'off_record' })
    this.#finals.clear()
    this.#frames.forgetAll()
    this.#memory.forget()
  }

  close(): void {
    this.#closed = true
    this.#timers.clearAll()
    this.#answers.close()
    this.#runner.close()
    this.#abort.abort()
  }

  // AssistantInput

  get settings(): Readonly<AssistantSettings> {
    return this.#settings
  }

  configure(patch: Partial<AssistantSettings>): void {
    this.#settings = { ...this.#settings, ...patch }
    this.#turnOptions = turnOptionsOf(this.#settings, this.#options)
    this.#memory.conversation.budget = historyBudgetOf(this.#settings, this.#options)
    this.#step({ type: 'settings', settings: turnSettingsOf(this.#settings, this.#options) })
  }

  text(text: string): void {
    this.#step({ type: 'typed', text })
  }

  context(items: readonly ContextItem[]): void {
    this.#memory.told(items)
  }

  rewrite(message: MessageRef, text: string): void {
    this.#memory.rewrite(message, text)
  }

  forgetPhoto(frameId: string): void {
    this.#frames.forget(frameId)
  }

  respond(): void {
    this.#step({ type: 'respond' })
  }

  interrupt(reason = 'client'): void {
    this.#step({ type: 'interrupt', reason })
  }

  playback({ playedMs, replyId }: { playedMs: number; replyId?: number }): void {
    const { current } = this.#answers
    if (current && (replyId === undefined || replyId === current.generation)) current.report(playedMs)
  }

  activityStart(): void {
    this.#step({ type: 'activity_start' })
  }

  /** What was sent before the button went up belongs to the turn: it is heard first. */
  activityEnd(): void {
    void this.#options.endUtterance().then(() => this.#step({ type: 'activity_end' }))
  }

  toolResult({ callId, content, isError }: { callId: string; content: string; isError?: boolean }): void {
    const isAwaited = this.#clientTools.settle(callId, isError ? `error: ${content}` : content)
    if (!isAwaited) this.#decide('late_tool_result', 'nobody waits for this call', {})
  }

  // the core

  #step(input: TurnInput): void {
    if (this.#closed) return
    this.#inputs.push(input)
    if (this.#inputs.length > 1) return // an effect of an input that is being worked off
    for (let next = this.#inputs[0]; next && !this.#closed; next = this.#inputs[0]) {
      const [state, effects] = step(this.#state, next, this.#options.clock.now(), this.#turnOptions)
      this.#state = state
      for (const effect of effects) this.#do(effect)
      this.#inputs.shift()
    }
    this.#warn()
  }

  /** Speaks what waits, unless somebody speaks. */
  #warn(): void {
    const { turn, holding } = this.#state
    const isBusy = this.#answers.current !== null || holding || (turn !== null && turn.phase !== 'settled')
    if (!this.#warnings.isEmpty && !isBusy && !this.#closed) this.#step({ type: 'respond' })
  }

  #do(effect: TurnEffect): void {
    const { emit } = this.#options
    switch (effect.type) {
      case 'turn_started':
        this.#times.started(effect.turn, this.#onTimeline(effect.startMs))
        emit({ type: 'turn_started', turnId: effect.turn, atMs: this.#onTimeline(effect.startMs) })
        break
      case 'ask_judge':
        void this.#judge(effect)
        break
      case 'ask_addressed':
        void this.#judgeAddressed(effect)
        break
      case 'end_utterance':
        void this.#options.endUtterance()
        break
      case 'commit_turn':
        this.#commit(effect)
        break
      case 'ignore_turn':
        this.#ignore(effect.utterances, effect.reason)
        emit({ type: 'turn_ignored', turnId: effect.turn, revision: effect.revision, text: effect.text, reason: effect.reason })
        break
      case 'start_reply':
        this.#answers.start(effect)
        break
      case 'release_reply':
        this.#answers.release()
        break
      case 'hold_output':
        this.#answers.current?.hold()
        break
      case 'resume_output':
        this.#answers.current?.resume(this.#lost)
        break
      case 'cancel_reply':
        this.#answers.cancel(effect.reason)
        break
      case 'cancel_tools':
        this.#runner.cancel(effect.callIds)
        this.#clientTools.cancel(effect.callIds)
        break
      case 'detach_tools':
        this.#runner.detach(effect.callIds)
        break
      case 'set_timer':
        this.#timers.set(effect.name, effect.atMs)
        break
      case 'clear_timer':
        this.#timers.clear(effect.name)
        break
      case 'decision':
        this.#decided(effect)
    }
  }

  #decided(effect: Extract<TurnEffect, { type: 'decision' }>): void {
    const { decision, reason, turn, revision, generation, values } = effect
    if (decision === 'turn_end' && turn) this.#times.ended(turn, revision ?? 0, this.#options.clock.now())
    this.#decide(decision, reason, {
      ...(turn ? { turnId: turn, revision: revision ?? 0 } : {}),
      ...(generation ? { replyId: generation } : {}),
      ...(values ? { values } : {}),
    })
  }

  #decide(decision: string, reason: string, more: object): void {
    this.#options.emit({ type: 'decision', atMs: Math.round(this.#options.receivedMs()), decision, reason, ...more })
  }

  async #judge(effect: TurnEffectOf<'ask_judge'>): Promise<void> {
    try {
      this.#step(await askTurnJudge(effect, this.#options, this.#abort.signal))
    } catch (error) {
      if (!this.#closed) this.#options.onError(error)
    }
  }

  async #judgeAddressed(effect: TurnEffectOf<'ask_addressed'>): Promise<void> {
    const { conversation } = this.#memory
    this.#step(await askAddressedJudge(effect, this.#options, { ...this.#settings, conversation }, this.#abort.signal))
  }

  // turns

  #commit(effect: TurnEffectOf<'commit_turn'>): void {
    const { turn, revision, text, typed, speechEndMs } = effect
    this.#times.committed({ turn, revision, speechEndMs, finalTextMs: this.#options.clock.now() })
    if (typed) this.#times.typed()
    this.#memory.heard(text, turn)
    this.#options.emit({ type: 'turn_committed', turnId: turn, revision, text, typed })
  }

  #ignore(utterances: string[], reason: IgnoredReason): void {
    const excluded: ExcludedReason | null =
      reason === 'echo' ? 'echo' : reason === 'not_addressed' || reason === 'other_person' ? 'not_addressed' : null
    if (!excluded) return
    const segments = utterances.flatMap((id) => this.#finals.get(id) ?? []).filter((segment) => segment.excluded === undefined)
    if (segments.length > 0) this.#options.exclude(segments, excluded)
  }

  // tools

  #tool(make: (generation: Generation) => TurnInput): void {
    const { current } = this.#answers
    if (current) this.#step(make(current.generation))
  }

  // the rest

  /** A moment of the timeline on the clock: so long ago as there is sound behind it. */
  #onClock(atMs: number): number {
    const nowMs = this.#options.clock.now()
    return Math.min(nowMs, nowMs - (this.#options.receivedMs() - atMs))
  }

  #onTimeline(clockMs: number): number {
    return Math.max(0, this.#options.receivedMs() - (this.#options.clock.now() - clockMs))
  }
}

type TurnEffectOf<T extends TurnEffect['type']> = Extract<TurnEffect, { type: T }>
