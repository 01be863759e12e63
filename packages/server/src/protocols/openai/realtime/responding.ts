import { VigiaError } from '@vigia/protocol'
import type { AssistantInput } from '../../../session/assistant.ts'
import type { SessionEvent } from '../../../session/service.ts'
import { asVigiaError, noLanguageModel } from '../../compat/errors.ts'
import { requireAssistant } from '../../compat/live-session.ts'
import { type Json, list } from '../../compat/read.ts'
import { openAiError } from '../errors.ts'
import { ConflictError, type RealtimeContext } from './context.ts'
import { tokensOfItem } from './items.ts'
import { type Beside, type OutOfBand, outOfBand } from './out-of-band.ts'
import type { NewResponse, Replies } from './replies.ts'
import { merged } from './session.ts'
import { formatOf, newId, partsOf } from './session-parts.ts'
import { assistantOf, idleTimeoutOf } from './session-settings.ts'

/** `response.*`: answers that the client asks for or the end of a turn brings, and the one after a long silence. */

/** Responses beside the conversation at the same time. */
const MAX_BESIDE = 4

export class RespondingPart {
  readonly #context: RealtimeContext
  readonly #replies: Replies
  /** Tells of a silence in which nobody said anything. */
  readonly #onSilence: (startMs: number, endMs: number) => void
  readonly #conversationId = newId('conv')
  #stopIdle: (() => void) | null = null
  readonly #beside = new Map<string, Beside>()
  #speaking = false
  /** While an answer is asked for, which stops one that nobody was told of. */
  #asking = false

  constructor(context: RealtimeContext, replies: Replies, onSilence: (startMs: number, endMs: number) => void) {
    this.#context = context
    this.#replies = replies
    this.#onSilence = onSilence
  }

  async create(asked: Json): Promise<void> {
    const { options, settings, items, send, signal } = this.#context
    if (options.type === 'transcription') throw new VigiaError('not_supported', 'A transcription session gives no responses.')
    const effective = merged(settings, { ...asked, type: 'realtime' })
    if (asked.conversation === 'none') return this.#beginBeside({ asked, effective, items, send, ...options }, signal)
    if (asked.input != null)
      throw new VigiaError('not_supported', "A response with its own 'input' is given beside the conversation alone.", {
        hint: "Send conversation: 'none' with it.",
      })
    if (this.#replies.active)
      throw new ConflictError('conversation_already_has_active_response', 'Conversation already has an active response.')
    const wanted = assistantOf(effective)
    const { llm } = options.deps.engines()
    if (wanted.forcedTools && !llm) throw noLanguageModel('Calling a function')
    const assistant = requireAssistant(await this.#context.open())
    const { turnDetection, listen, autoReply } = assistant.settings
    assistant.configure({ ...wanted, turnDetection, listen, autoReply })
    this.#begin(effective, asked.metadata)
    if (!this.#replies.giveToolResults(assistant)) this.#ask(assistant)
  }

  #ask(assistant: AssistantInput): void {
    this.#asking = true
    assistant.respond()
    this.#asking = false
  }

  #beginBeside(request: OutOfBand, signal: AbortSignal): void {
    if (this.#beside.size >= MAX_BESIDE)
      throw new VigiaError('rate_limited', `At most ${MAX_BESIDE} responses beside the conversation are made at once.`)
    const beside = outOfBand(request, signal)
    this.#beside.set(beside.id, beside)
    void beside.done.finally(() => this.#beside.delete(beside.id))
  }

  /** @param responseId - one beside the conversation; else it is the one in it */
  cancel(responseId: unknown): void {
    const beside = this.#beside.get(String(responseId))
    if (beside) {
      beside.cancel()
      return
    }
    if (!this.#replies.active)
      throw new ConflictError('response_cancel_not_active', 'Cancellation failed: no active response found.')
    this.#replies.cancel('client_cancelled')
    this.#context.session?.assistant?.interrupt('client_cancelled')
    this.#restore()
  }

  take(event: SessionEvent): void {
    switch (event.type) {
      case 'reply_started':
        this.#replies.started(event.replyId)
        if (!this.#replies.active && !this.#replies.waitsForTool) this.#begin(this.#context.settings)
        return
      case 'tool_call':
        this.#replies.called(event.replyId)
        if (!this.#replies.active && !this.#replies.waitsForTool) this.#begin(this.#context.settings)
        this.#replies.take(event)
        return
      case 'reply_done':
      case 'reply_interrupted':
        this.#replies.take(event)
        this.#restore()
        this.waitForSpeech()
        return
      case 'decision':
        if (event.decision === 'cancel_reply' && event.replyId !== undefined && !this.#asking) this.#stopped(event.replyId)
        return
      case 'error':
        this.#failed(event.error)
        return
      default:
        this.#replies.take(event)
    }
  }

  /** Ends the response that it happened in; without one the client is told all the same. */
  #failed(cause: unknown): void {
    if (this.#replies.active) {
      this.#replies.failed(cause)
      this.#restore()
      return
    }
    const { error } = openAiError(asVigiaError(cause as Error))
    this.#context.send([{ type: 'error', error: { ...error, event_id: null } }])
  }

  #stopped(replyId: number): void {
    const { active } = this.#replies
    this.#replies.stopped(replyId)
    if (active && !this.#replies.active) this.#restore()
  }

  /** The user begins or ends to speak. */
  speech(isSpeaking: boolean): void {
    this.#speaking = isSpeaking
    if (isSpeaking) this.stopWaiting()
  }

  /** Behind an answer the wait for the user begins anew, unless it was the user who stopped it and speaks still. */
  waitForSpeech(): void {
    this.stopWaiting()
    if (this.#speaking) return
    const { options, settings, session } = this.#context
    const timeoutMs = idleTimeoutOf(settings)
    if (timeoutMs === null || !session || this.#replies.active) return
    const startMs = session.receivedMs
    this.#stopIdle = options.deps.clock.setTimeout(() => {
      this.#stopIdle = null
      this.#onSilence(startMs, Math.max(startMs, session.receivedMs))
      this.#begin(this.#context.settings)
      if (session.assistant) this.#ask(session.assistant)
    }, timeoutMs)
  }

  settingsChanged(): void {
    if (this.#stopIdle) this.waitForSpeech()
  }

  stopWaiting(): void {
    this.#stopIdle?.()
    this.#stopIdle = null
  }

  /** What one response overrode holds for that one. */
  #restore(): void {
    const { settings, session } = this.#context
    if (settings.type === 'realtime') session?.assistant?.configure(assistantOf(settings))
  }

  #begin(settings: Json, metadata?: unknown): void {
    this.stopWaiting()
    this.#replies.begin(this.#head(settings, metadata))
  }

  #head(settings: Json, metadata: unknown): NewResponse {
    const { items } = this.#context
    const { output } = partsOf(settings)
    return {
      inputTokens: items.all.reduce((sum, item) => sum + tokensOfItem(item), 0),
      conversationId: this.#conversationId,
      modality: list(settings.output_modalities)[0] === 'text' ? 'text' : 'audio',
      format: formatOf(output.format ?? { type: 'audio/pcm' }, 'audio.output.format'),
      formatBody: output.format ?? null,
      voice: output.voice,
      maxOutputTokens: settings.max_output_tokens,
      metadata,
      addItem: (item, ref) => items.add(item, { ref }),
    }
  }
}
