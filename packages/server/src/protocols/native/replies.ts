import type { ConfigMessage, ServerMessage, WireTurnTrace } from '@vigia/protocol'
import { OpusEncoder } from '../../media/opus-encode.ts'
import { createResampler, type Resampler } from '../../media/resample.ts'
import type { AssistantSettings, TurnTrace } from '../../session/assistant.ts'
import type { SessionEvent } from '../../session/service.ts'

/** The assistant on the native wire: settings in, its events as messages, sound as one binary message behind `reply_audio`. */

/** A message, and the binary message that follows it. */
export interface Outgoing {
  message: ServerMessage
  binary?: Uint8Array
}

/** Settings of the core from the `config` message. */
export function settingsOf(config: Omit<ConfigMessage, 'type'>): Partial<AssistantSettings> {
  const { assistant = { listen: 'conversation', barge_in: true }, voice = 'on', sample_rate } = config
  const { listen, names, instructions, barge_in, voice_id, speed, output, tools } = assistant as NonNullable<
    ConfigMessage['assistant']
  >
  return {
    listen,
    turnDetection: listen === 'push_to_talk' ? 'manual' : 'auto',
    bargeIn: barge_in,
    voice,
    outputSampleRate: output?.sample_rate ?? sample_rate,
    ...(names ? { names } : {}),
    ...(instructions ? { instructions } : {}),
    ...(voice_id ? { voiceId: voice_id } : {}),
    ...(speed ? { speed } : {}),
    ...(tools ? { tools } : {}),
  }
}

const OPUS_RATE = 24_000
const PACKET_MS = 20

export class ReplyTranslator implements Disposable {
  readonly #opus: boolean
  readonly #decisions: boolean
  #encoder: { encoder: OpusEncoder; resampler: Resampler; atMs: number } | null = null

  constructor(config: Pick<ConfigMessage, 'assistant' | 'events'>) {
    this.#opus = config.assistant?.output?.encoding === 'opus'
    this.#decisions = config.events?.includes('decisions') ?? false
  }

  translate(event: SessionEvent): Outgoing[] {
    switch (event.type) {
      case 'turn_committed': {
        const { turnId, revision, text } = event
        return [{ message: { type: 'turn', turn_id: turnId, revision, text, status: 'answered' } }]
      }
      case 'turn_ignored': {
        const { turnId, revision, text, reason } = event
        return [{ message: { type: 'turn', turn_id: turnId, revision, text, status: 'ignored', reason } }]
      }
      case 'reply_started':
        this.#drop()
        return [
          { message: { type: 'reply_started', reply_id: event.replyId, ...(event.turnId ? { turn_id: event.turnId } : {}) } },
        ]
      case 'reply_text':
        return [{ message: { type: 'reply_text', reply_id: event.replyId, fragment: event.fragment, text: event.text } }]
      case 'reply_audio':
        return this.#audio(event)
      case 'reply_done':
        return [...this.#rest(event.replyId), { message: { type: 'reply_done', reply_id: event.replyId, text: event.text } }]
      case 'reply_interrupted':
        this.#drop()
        return [
          {
            message: {
              type: 'reply_interrupted',
              reply_id: event.replyId,
              heard_text: event.heardText,
              reason: event.reason,
            },
          },
        ]
      case 'reply_paused':
      case 'reply_resumed':
        return [{ message: { type: event.type, reply_id: event.replyId } }]
      case 'tool_call': {
        const { replyId, callId, name } = event
        return [{ message: { type: 'tool_call', reply_id: replyId, call_id: callId, name, arguments: event.arguments } }]
      }
      case 'tool_cancel':
        return [{ message: { type: 'tool_cancel', call_ids: event.callIds } }]
      case 'need_frame':
        return [{ message: { type: 'need_frame', reason: event.reason, max_age: event.maxAgeMs / 1000 } }]
      case 'turn_trace':
        return this.#decisions ? [{ message: { type: 'turn_trace', ...toWireTrace(event.trace) } }] : []
      case 'decision':
        return this.#decisions ? [decisionMessage(event)] : []
      default:
        return []
    }
  }

  [Symbol.dispose](): void {
    this.#drop()
  }

  #audio({ replyId, samples, sampleRate, startMs }: Extract<SessionEvent, { type: 'reply_audio' }>): Outgoing[] {
    if (!this.#opus) {
      const binary = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
      return [audioMessage(replyId, binary, sampleRate, 'pcm16', startMs)]
    }
    this.#encoder ??= {
      encoder: new OpusEncoder({ sampleRate: OPUS_RATE, packetMs: PACKET_MS }),
      resampler: createResampler(sampleRate, OPUS_RATE),
      atMs: startMs,
    }
    const { encoder, resampler } = this.#encoder
    return this.#packets(replyId, encoder.push(resampler.push(samples)))
  }

  #packets(replyId: number, packets: Uint8Array[]): Outgoing[] {
    return packets.map((packet) => {
      const startMs = this.#encoder!.atMs
      this.#encoder!.atMs += PACKET_MS
      return audioMessage(replyId, packet, OPUS_RATE, 'opus', startMs)
    })
  }

  /** What the encoder still holds at the end of an answer. */
  #rest(replyId: number): Outgoing[] {
    if (!this.#encoder) return []
    const { encoder, resampler } = this.#encoder
    const out = this.#packets(replyId, [...encoder.push(resampler.end()), ...encoder.end()])
    this.#drop()
    return out
  }

  #drop(): void {
    this.#encoder?.encoder[Symbol.dispose]()
    this.#encoder = null
  }
}

function audioMessage(
  replyId: number,
  binary: Uint8Array,
  sampleRate: number,
  encoding: 'pcm16' | 'opus',
  startMs: number,
): Outgoing {
  return {
    message: {
      type: 'reply_audio',
      reply_id: replyId,
      bytes: binary.byteLength,
      sample_rate: sampleRate,
      encoding,
      start_ms: Math.round(startMs),
    },
    binary,
  }
}

function decisionMessage(event: Extract<SessionEvent, { type: 'decision' }>): Outgoing {
  const { atMs, decision, reason, turnId, revision, replyId, values } = event
  return {
    message: {
      type: 'decision',
      at: Math.max(0, atMs) / 1000,
      decision,
      reason,
      ...(turnId === undefined ? {} : { turn_id: turnId }),
      ...(revision === undefined ? {} : { revision }),
      ...(replyId === undefined ? {} : { reply_id: replyId }),
      ...(values ? { values } : {}),
    },
  }
}

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * 10) / 10_000)

/** A trace on the wire and in a session's JSON: seconds, snake case. */
export function toWireTrace({ turnId, revision, replyId, speechEndedAt, parts, totalMs }: TurnTrace): WireTurnTrace {
  return {
    turn_id: turnId,
    revision,
    reply_id: replyId,
    speech_ended_at: new Date(speechEndedAt).toISOString(),
    parts: {
      turn_end: seconds(parts.turnEnd),
      final_text: seconds(parts.finalText),
      requested: seconds(parts.requested),
      first_token: seconds(parts.firstToken),
      first_sentence: seconds(parts.firstSentence),
      first_audio: seconds(parts.firstAudio),
      first_sent: seconds(parts.firstSent),
      heard: seconds(parts.heard),
    },
    total: seconds(totalMs)!,
  }
}
