import type { ExcludedReason, Observation, Segment } from '@vigia/protocol'
import type { Familiarity } from '../../engines/speakers/enrolment.ts'
import type {
  AssistantEvent,
  AssistantInput,
  AssistantSettings,
  ContextItem,
  HistoryBudget,
  IgnoredReason,
  MessageRef,
  SeenFrame,
} from '../assistant.ts'
import { DEFAULT_ASSISTANT } from '../assistant.ts'
import { step } from '../turn/step.ts'
import {
  DEFAULT_TURN,
  initialTurn,
  type TimerName,
  type TurnEffect,
  type TurnId,
  type TurnInput,
  type TurnOptions,
  type TurnSettings,
  type TurnState,
} from '../turn/types.ts'
import { wordsOf } from '../turn/words.ts'
import { judgeAddressed } from './addressed-judge.ts'
import type { AnswerRequest } from './answerer.ts'
import type { AssistantOptions } from './assistant-options.ts'
import { ClientTools } from './client-tools.ts'
import { Conversation } from './conversation.ts'
import { Frames } from './frames.ts'
import { gatherQuestion } from './question.ts'
import { Reply } from './reply.ts'
import { summariseOverflow } from './summary.ts'
import { answerLanguage } from './texts.ts'
import { Timers } from './timers.ts'
import { ToolRunner } from './tools.ts'
import { TurnTimes } from './turn-times.ts'
import { Warnings } from './warnings.ts'

/** The assistant of one session: runs the turn core and does what it wants done. All times on one clock. */

const FRAME_WAIT_MS = 4000
/** Sound that a turn judge looks at. */
const JUDGE_AUDIO_MS = 8000
/** Tokens of the conversation that the model is shown, unless the client says otherwise. */
const HISTORY = { triggerTokens: 3000, targetTokens: 1500 }
/** Of a model's context: most of it, less what instructions, tools, a photo's description and the answer take. */
const HISTORY_SHARE = { most: 0.75, least: 0.25 }
const RESERVED_TOKENS = 1000
/** Finals that may still be excluded. */
const MAX_KEPT_FINALS = 50

export class Assistant implements AssistantInput {
  readonly #options: AssistantOptions
  #turnOptions: TurnOptions
  readonly #timers: Timers<TimerName>
  readonly #frames: Frames
  readonly #conversation: Conversation
  readonly #runner: ToolRunner
  readonly #abort = new AbortController()
  readonly #warnings = new Warnings()
  readonly #finals = new Map<string, Segment[]>()
  readonly #clientTools: ClientTools
  readonly #times = new TurnTimes()
  /** Answers that are not to be remembered. */
  readonly #forgottenReplies = new Set<number>()
  #summaries: Promise<void> = Promise.resolve()
  #settings: AssistantSettings
  #state: TurnState
  #reply: Reply | null = null
  #inputs: TurnInput[] = []
  #lost = false
  #closed = false

  constructor(options: AssistantOptions) {
    this.#options = options
    this.#settings = { ...DEFAULT_ASSISTANT, ...options.settings }
    this.#turnOptions = this.#optionsOfTurns()
    this.#state = initialTurn(this.#turnSettings())
    this.#timers = new Timers(options.clock, (name) => this.#step({ type: 'timer', name }))
    this.#frames = new Frames(options.clock)
    this.#conversation = new Conversation(this.#historyBudget(), options.conversation ?? undefined)
    this.#clientTools = new ClientTools(options.emit, () => this.#reply?.generation)
    this.#runner = new ToolRunner(() => [...options.tools, ...this.#clientTools.of(this.#settings.tools)], {
      started: (callId, effect) => this.#tool((generation) => ({ type: 'tool_started', generation, callId, effect })),
      committed: (callId) => this.#tool((generation) => ({ type: 'tool_committed', generation, callId })),
      finished: (callId) => this.#tool((generation) => ({ type: 'tool_finished', generation, callId })),
      lateResult: (name, result) =>
        this.#conversation.add({ role: 'system', text: `Tool ${name}, after the answer was interrupted: ${result}` }),
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
    if (alert.severity === 'high' && this.#reply) this.#step({ type: 'interrupt', reason: 'alert' })
    this.#warn()
  }

  attached(): void {
    this.#lost = true
    this.#reply?.announce()
    this.#step({ type: 'attached' })
    this.#lost = false
  }

  detached(): void {
    this.#step({ type: 'detached' })
  }

  close(): void {
    this.#closed = true
    this.#timers.clearAll()
    this.#reply?.cancel('closed')
    this.#reply = null
    this.#runner.close()
    this.#abort.abort()
  }

  // AssistantInput

  get settings(): Readonly<AssistantSettings> {
    return this.#settings
  }

  configure(patch: Partial<AssistantSettings>): void {
    this.#settings = { ...this.#settings, ...patch }
    this.#turnOptions = this.#optionsOfTurns()
    this.#conversation.budget = this.#historyBudget()
    this.#step({ type: 'settings', settings: this.#turnSettings() })
  }

  text(text: string): void {
    this.#step({ type: 'typed', text })
  }

  context(items: readonly ContextItem[]): void {
    for (const item of items) this.#conversation.add(item)
    this.#summarise()
  }

  rewrite(message: MessageRef, text: string): void {
    const known = this.#conversation.rewrite(message, text)
    // an answer is remembered when its sound has ended
    if (!known && text === '' && 'replyId' in message) this.#forgottenReplies.add(message.replyId)
    this.#options.save(this.#conversation.state)
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
    if (this.#reply && (replyId === undefined || replyId === this.#reply.generation)) this.#reply.report(playedMs)
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
    const isBusy = this.#reply !== null || holding || (turn !== null && turn.phase !== 'settled')
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
        void this.#judge(effect.turn, effect.revision, effect.text)
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
        this.#start(effect)
        break
      case 'release_reply':
        this.#reply?.release()
        this.#sealLater()
        break
      case 'hold_output':
        this.#reply?.hold()
        break
      case 'resume_output':
        this.#reply?.resume(this.#lost)
        break
      case 'cancel_reply':
        this.#cancel(effect.reason)
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

  async #judge(turn: TurnEffectOf<'ask_judge'>['turn'], revision: number, text: string): Promise<void> {
    const { judge } = this.#options.engines
    if (!judge) {
      // without any judge a short silence is the end of the turn
      this.#step({ type: 'judged', turn, revision, probability: 1 })
      return
    }
    try {
      const audio = this.#options.recentAudio(JUDGE_AUDIO_MS) ?? { samples: new Int16Array(0), startMs: 0 }
      const language = answerLanguage(this.#options.language)
      const probability = await judge.judge({ audio, text, language }, this.#abort.signal)
      this.#step({ type: 'judged', turn, revision, probability })
    } catch (error) {
      if (!this.#closed) this.#options.onError(error)
    }
  }

  async #judgeAddressed({ turn, revision, text, familiarity }: TurnEffectOf<'ask_addressed'>): Promise<void> {
    const { engines, clock, language } = this.#options
    const byDefault = this.#settings.listen !== 'always_on'
    const before = this.#conversation.state.messages.slice(-8).map((message) => `${message.role}: ${message.text}`)
    const question = { text, names: this.#settings.names, before, language, isEnrolled: familiarity === 'enrolled' }
    const verdict = engines.llm ? await judgeAddressed(engines.llm, question, clock, this.#abort.signal) : null
    const reason = verdict !== null ? 'the language model judged' : engines.llm ? 'no verdict in time' : 'no judge here'
    this.#step({
      type: 'addressed',
      turn,
      revision,
      addressed: verdict ?? byDefault,
      reason: verdict === null ? `${reason}: the default of "${this.#settings.listen}"` : reason,
    })
  }

  // turns

  #commit(effect: TurnEffectOf<'commit_turn'>): void {
    const { turn, revision, text, typed, speechEndMs } = effect
    this.#times.committed({ turn, revision, speechEndMs, finalTextMs: this.#options.clock.now() })
    if (typed) this.#times.typed()
    if (text !== '') this.#conversation.user(text, turn)
    this.#options.emit({ type: 'turn_committed', turnId: turn, revision, text, typed })
    this.#summarise()
  }

  #ignore(utterances: string[], reason: IgnoredReason): void {
    const excluded: ExcludedReason | null =
      reason === 'echo' ? 'echo' : reason === 'not_addressed' || reason === 'other_person' ? 'not_addressed' : null
    if (!excluded) return
    const segments = utterances.flatMap((id) => this.#finals.get(id) ?? []).filter((segment) => segment.excluded === undefined)
    if (segments.length > 0) this.#options.exclude(segments, excluded)
  }

  // answers

  #start({ generation, turn, text, speculative }: TurnEffectOf<'start_reply'>): void {
    const { clock, engines, onError, answerer } = this.#options
    const warning = text === '' ? this.#warnings.take() : null
    const reply = new Reply({
      generation,
      turn,
      speculative,
      held: !this.#state.attached,
      answerer: warning ?? answerer(this.#runner),
      request: (released, signal) => this.#request(text, turn, released, signal),
      tts: engines.tts,
      settings: warning ? this.#settings : this.#affordable(),
      language: answerLanguage(this.#options.language),
      clock,
      emit: (event) => this.#fromReply(reply, event),
      onError,
      core: (input) => {
        if (input.type === 'reply_finished') this.#finished(reply)
        this.#step(input)
      },
    })
    this.#reply = reply
    reply.start()
    if (!speculative) this.#sealLater()
  }

  /** The settings as the load of this machine allows them; a warning of danger is spoken whatever it costs. */
  #affordable(): AssistantSettings {
    if (this.#settings.voice === 'off' || this.#options.tier() !== 'no_voice') return this.#settings
    this.#decide('no_voice', 'the server is busy', {})
    return { ...this.#settings, voice: 'off' }
  }

  #fromReply(reply: Reply, event: AssistantEvent): void {
    if (this.#reply !== reply) return
    this.#options.emit(event)
  }

  /** The turn is sealed when it can no longer go on; then tools may change something. */
  #sealLater(): void {
    const reply = this.#reply
    if (!reply) return
    const speechEndMs = this.#times.speechEndMs(reply.turn) ?? 0
    const { clock } = this.#options
    clock.setTimeout(() => reply.seal(), Math.max(0, speechEndMs + this.#turnOptions.reopenMs - clock.now()))
  }

  async #request(text: string, turn: TurnId | null, released: Promise<void>, signal: AbortSignal): Promise<AnswerRequest> {
    const { instructions, maxTokens, temperature, forcedTools } = this.#settings
    const deps = {
      ...this.#options,
      conversation: this.#conversation,
      frames: this.#frames,
      frameWaitMs: this.#options.frameWaitMs ?? FRAME_WAIT_MS,
      onNeed: (reason: 'none' | 'stale', maxAgeMs: number) => {
        this.#options.emit({ type: 'need_frame', reason, maxAgeMs })
        this.#decide('need_frame', reason === 'none' ? 'no photo yet' : 'the last photo is old', {})
      },
    }
    const spokenFromMs = this.#times.spokenFromMs(turn)
    const question = await gatherQuestion({ text, turn, spokenFromMs }, deps, signal)
    return { ...question, released, instructions, maxTokens, temperature, forcedTools }
  }

  #finished(reply: Reply): void {
    if (this.#reply !== reply) return
    this.#remember(reply, reply.text)
    this.#reply = null
    this.#trace(reply)
    this.#options.save(this.#conversation.state)
  }

  #cancel(reason: string): void {
    const reply = this.#reply
    if (!reply) return
    this.#reply = null
    const { heardText, playedMs } = reply.cancel(reason)
    if (!reply.started) return
    this.#remember(reply, heardText)
    this.#options.emit({ type: 'reply_interrupted', replyId: reply.generation, heardText, playedMs, reason })
    this.#trace(reply)
    this.#options.save(this.#conversation.state)
  }

  #remember({ generation, turn }: Reply, text: string): void {
    if (!this.#forgottenReplies.delete(generation)) this.#conversation.assistant(text, turn, generation)
  }

  #trace(reply: Reply): void {
    const { clock, emit, onTrace } = this.#options
    const trace = this.#times.trace(reply, clock.wallMs() - clock.now())
    if (!trace) return
    onTrace?.(trace)
    emit({ type: 'turn_trace', trace })
  }

  // tools

  #tool(make: (generation: Reply['generation']) => TurnInput): void {
    if (this.#reply) this.#step(make(this.#reply.generation))
  }

  // the rest

  /** One after the other: each summary takes up the one before it. */
  #summarise(): void {
    this.#summaries = this.#summaries.then(() => this.#summariseOld())
  }

  async #summariseOld(): Promise<void> {
    try {
      const { llm, omni } = this.#options.engines
      await summariseOverflow(this.#conversation, llm ?? omni ?? null, this.#abort.signal)
    } catch (error) {
      if (!this.#closed) this.#options.onError(error)
    }
  }

  #optionsOfTurns(): TurnOptions {
    const { maxTurnDelayMs } = this.#settings
    return { ...DEFAULT_TURN, ...this.#options.turn, ...(maxTurnDelayMs === undefined ? {} : { maxDelayMs: maxTurnDelayMs }) }
  }

  /** What was asked for, as far as the model has room for it. */
  #historyBudget(): HistoryBudget {
    const { triggerTokens, targetTokens } = this.#settings.history ?? HISTORY
    const { omni, llm } = this.#options.engines
    const context = (omni ?? llm)?.capabilities.contextTokens ?? Number.POSITIVE_INFINITY
    const left = Math.max(context - RESERVED_TOKENS, context * HISTORY_SHARE.least)
    const room = Math.floor(Math.min(left, context * HISTORY_SHARE.most))
    return { triggerTokens: Math.min(triggerTokens, room), targetTokens: Math.min(targetTokens, room / 2) }
  }

  #turnSettings(): TurnSettings {
    const { listen, turnDetection, autoReply, bargeIn, names } = this.#settings
    return {
      listen,
      turnDetection,
      autoReply,
      bargeIn,
      names: names.map((name) => wordsOf(name).join(' ')).filter((name) => name !== ''),
      aec: this.#options.aec,
      speculate: !this.#options.engines.omni,
      omni: this.#options.engines.omni != null,
    }
  }

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
