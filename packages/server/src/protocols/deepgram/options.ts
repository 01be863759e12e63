import { type Encoding, VigiaError } from '@vigia/protocol'
import { FieldError, flag, list, number, text } from '../compat/read.ts'

/** The query of `/v1/listen`, live and prerecorded. Pure. */

export interface ListenOptions {
  model: string | undefined
  language: string | undefined
  /** Raw audio; null where a container says what it is. */
  raw: { encoding: Encoding; sampleRate: number; channels: number } | null
  multichannel: boolean
  interim: boolean
  /** `punctuate` or `smart_format`: words also as they are written. */
  punctuate: boolean
  diarize: boolean
  vadEvents: boolean
  /** Silence that ends an utterance, ms; null leaves it to the server, false never says `speech_final`. */
  endpointing: number | null | false
  utteranceEndMs: number | null
  utterances: boolean
  uttSplitMs: number
  paragraphs: boolean
  detectLanguage: boolean
  keyterms: string[]
  /** `mip_opt_out`: nothing of this request is kept. */
  optOut: boolean
}

export const LISTEN_FIELDS = new Set([
  'model',
  'language',
  'encoding',
  'sample_rate',
  'channels',
  'multichannel',
  'interim_results',
  'punctuate',
  'smart_format',
  'diarize',
  'diarize_model',
  'vad_events',
  'endpointing',
  'utterance_end_ms',
  'utterances',
  'utt_split',
  'paragraphs',
  'detect_language',
  'keyterm',
  'keywords',
  'callback',
  'redact',
  'replace',
  'vigia_store',
  'mip_opt_out',
  'tag',
])

/** The vendor's encodings, as we name them. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  linear16: 'pcm16',
  linear32: 'pcm_f32',
  mulaw: 'mulaw',
  alaw: 'alaw',
  opus: 'opus',
  'ogg-opus': 'ogg_opus',
  flac: 'flac',
}
const CONTAINERS = new Set<Encoding>(['ogg_opus', 'flac'])
/** Shorter silences end words, not utterances: the server's own value is taken. */
const LEAST_ENDPOINTING_MS = 200
const MAX_CHANNELS = 8

/** @throws VigiaError `invalid_request`, `not_supported`, `unsupported_codec` */
export function readListen(query: Record<string, unknown>): ListenOptions {
  refuse(query)
  const utteranceEndMs = number(query.utterance_end_ms, 'utterance_end_ms', [0, 60_000]) ?? null
  const interim = on(query.interim_results)
  if (utteranceEndMs !== null && !interim)
    throw new FieldError('utterance_end_ms', 'utterance_end_ms needs interim_results=true.')
  return {
    model: text(first(query.model), 'model'),
    language: text(first(query.language), 'language'),
    raw: readRaw(query),
    multichannel: on(query.multichannel),
    interim,
    punctuate: on(query.punctuate) || on(query.smart_format),
    diarize: on(query.diarize) || query.diarize_model !== undefined,
    vadEvents: on(query.vad_events),
    endpointing: readEndpointing(first(query.endpointing)),
    utteranceEndMs: utteranceEndMs === null ? null : Math.max(1000, utteranceEndMs),
    utterances: on(query.utterances),
    uttSplitMs: (number(query.utt_split, 'utt_split', [0, 60]) ?? 0.8) * 1000,
    paragraphs: on(query.paragraphs),
    detectLanguage: on(query.detect_language),
    keyterms: [...list(query.keyterm), ...list(query.keywords)]
      .map((term) =>
        String(term)
          .replace(/:-?[\d.]+$/, '')
          .slice(0, 100),
      )
      .slice(0, 200),
    optOut: on(query.mip_opt_out),
  }
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)
const on = (value: unknown): boolean => value !== undefined && flag(value)

/** What would be silently wrong, or dangerous, if it were ignored. */
function refuse(query: Record<string, unknown>): void {
  if (query.callback !== undefined)
    throw new VigiaError('not_supported', 'callback is not offered: this server calls no other host.')
  if (query.redact !== undefined && query.redact !== 'false')
    throw new VigiaError('not_supported', 'redact is not offered: nothing would be blacked out.')
  if (query.replace !== undefined) throw new VigiaError('not_supported', 'replace is not offered.')
  const missing = FINDINGS.find((name) => query[name] !== undefined && query[name] !== 'false')
  if (missing) {
    throw new VigiaError('not_supported', `${missing} is not offered: the answer would lack it.`, {
      hint: "Leave it out; the session's own report has summary, tasks and decisions.",
    })
  }
}

/** What a client would look for in the answer, or rely on to be missing from the text. */
const FINDINGS = ['search', 'sentiment', 'summarize', 'topics', 'intents', 'detect_entities', 'profanity_filter']

function readRaw(query: Record<string, unknown>): ListenOptions['raw'] {
  const given = text(first(query.encoding), 'encoding')
  if (given === undefined) return null
  const encoding = ENCODINGS[given]
  if (!encoding)
    throw new VigiaError(
      'unsupported_codec',
      `Unsupported encoding "${given.slice(0, 30)}"; expected ${Object.keys(ENCODINGS).join(', ')}.`,
    )
  if (CONTAINERS.has(encoding)) return null
  const sampleRate = number(first(query.sample_rate), 'sample_rate', [8000, 48_000])
  if (sampleRate === undefined) throw new FieldError('sample_rate', 'encoding needs sample_rate.')
  return { encoding, sampleRate, channels: number(first(query.channels), 'channels', [1, MAX_CHANNELS]) ?? 1 }
}

function readEndpointing(value: unknown): ListenOptions['endpointing'] {
  if (value === undefined || value === 'true' || value === true) return null
  if (value === 'false' || value === false) return false
  const ms = number(value, 'endpointing', [0, 60_000]) ?? 0
  return ms < LEAST_ENDPOINTING_MS ? null : ms
}

export type ModelInfo = { name: string; version: string; arch: string }
export const modelInfo = (name: string, arch: string): ModelInfo => ({ name, version: '1', arch })
