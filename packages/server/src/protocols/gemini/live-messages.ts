import { int16ToBytes } from '../../media/sample-format.ts'
import type { AssistantEvent } from '../../session/assistant.ts'
import type { SessionEvent } from '../../session/service.ts'
import { estimateTokens } from '../compat/ask.ts'
import type { Json } from '../compat/read.ts'
import type { LiveSetup } from './live-setup.ts'

/** Events of a session as server messages of Gemini Live: one union key each, transcriptions as deltas. Pure. */

const PROMPT_AUDIO_TOKENS_PER_S = 32
const ANSWER_AUDIO_TOKENS_PER_S = 25

interface Turn {
  replyId: number
  text: string
  audioMs: number
}

export class LiveMessages {
  readonly #setup: Pick<LiveSetup, 'modality' | 'inputTranscription' | 'outputTranscription' | 'interim' | 'voiceActivity'>
  #turn: Turn | null = null
  /** Words of the user's turn that were told. */
  #told = { turnId: '', text: '' }
  #promptTokens = 0
  #speechFromMs: number | null = null
  #speechMs = 0

  constructor(setup: Pick<LiveSetup, 'modality' | 'inputTranscription' | 'outputTranscription' | 'interim' | 'voiceActivity'>) {
    this.#setup = setup
  }

  /** True between the begin and the end of an answer. */
  get answering(): boolean {
    return this.#turn !== null
  }

  translate(event: SessionEvent): Json[] {
    switch (event.type) {
      case 'speech_started':
        this.#speechFromMs = event.atMs
        return this.#activity('ACTIVITY_START', event.atMs)
      case 'speech_stopped':
        this.#speechMs += Math.max(0, event.atMs - (this.#speechFromMs ?? event.atMs))
        return this.#activity('ACTIVITY_END', event.atMs)
      case 'interim':
        return this.#setup.interim ? [{ serverContent: { interimInputTranscription: { text: event.text } } }] : []
      case 'turn_committed':
        this.#promptTokens += estimateTokens(event.text)
        return event.typed ? [] : this.#heard(event.turnId, event.text)
      case 'turn_ignored':
        return [...this.#heard(event.turnId, event.text), { serverContent: { waitingForInput: true } }]
      case 'tool_cancel':
        return [{ toolCallCancellation: { ids: event.callIds } }]
      default:
        return this.#answer(event)
    }
  }

  #answer(event: SessionEvent): Json[] {
    switch (event.type) {
      case 'reply_started':
        this.#turn = { replyId: event.replyId, text: '', audioMs: 0 }
        return []
      case 'reply_text':
        return this.#text(event)
      case 'reply_audio':
        return this.#audio(event)
      case 'reply_done':
        return this.#turn ? [{ serverContent: { generationComplete: true } }, this.#complete()] : []
      case 'reply_interrupted':
        return this.#turn ? [{ serverContent: { interrupted: true } }, this.#complete()] : []
      default:
        return []
    }
  }

  #heard(turnId: string, text: string): Json[] {
    const known = this.#told.turnId === turnId && text.startsWith(this.#told.text) ? this.#told.text : ''
    const delta = text.slice(known.length)
    this.#told = { turnId, text }
    return this.#setup.inputTranscription && delta !== '' ? [{ serverContent: { inputTranscription: { text: delta } } }] : []
  }

  #text({ fragment, text }: Extract<AssistantEvent, { type: 'reply_text' }>): Json[] {
    if (!this.#turn) return []
    const delta = fragment === 0 ? text : ` ${text}`
    this.#turn.text += delta
    if (this.#setup.modality === 'TEXT') return [{ serverContent: { modelTurn: { role: 'model', parts: [{ text: delta }] } } }]
    return this.#setup.outputTranscription ? [{ serverContent: { outputTranscription: { text: delta } } }] : []
  }

  #audio({ samples, sampleRate }: Extract<AssistantEvent, { type: 'reply_audio' }>): Json[] {
    if (!this.#turn || this.#setup.modality === 'TEXT') return []
    this.#turn.audioMs += (samples.length * 1000) / sampleRate
    const data = Buffer.from(int16ToBytes(samples)).toString('base64')
    return [
      {
        serverContent: {
          modelTurn: { role: 'model', parts: [{ inlineData: { mimeType: `audio/pcm;rate=${sampleRate}`, data } }] },
        },
      },
    ]
  }

  #activity(voiceActivityType: string, atMs: number): Json[] {
    return this.#setup.voiceActivity
      ? [{ voiceActivity: { voiceActivityType, audioOffset: `${(atMs / 1000).toFixed(3)}s` } }]
      : []
  }

  /** The end of a turn, with what it cost. A frame of usage alone would break Flutter's parser. */
  #complete(): Json {
    const { text, audioMs } = this.#turn!
    const audioPrompt = Math.ceil((this.#speechMs / 1000) * PROMPT_AUDIO_TOKENS_PER_S)
    const promptTokenCount = this.#promptTokens + audioPrompt
    const spoken = this.#setup.modality === 'AUDIO'
    const responseTokenCount = spoken ? Math.ceil((audioMs / 1000) * ANSWER_AUDIO_TOKENS_PER_S) : estimateTokens(text)
    this.#turn = null
    this.#promptTokens = 0
    this.#speechMs = 0
    const details = [
      { modality: 'TEXT', tokenCount: promptTokenCount - audioPrompt },
      { modality: 'AUDIO', tokenCount: audioPrompt },
    ].filter(({ tokenCount }) => tokenCount > 0)
    return {
      serverContent: { turnComplete: true },
      usageMetadata: {
        promptTokenCount,
        responseTokenCount,
        totalTokenCount: promptTokenCount + responseTokenCount,
        promptTokensDetails: details,
        responseTokensDetails: [{ modality: spoken ? 'AUDIO' : 'TEXT', tokenCount: responseTokenCount }],
      },
    }
  }
}
