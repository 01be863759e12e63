import { Consent } from '@vigia/protocol'
import { z } from 'zod'

/**
 * The configuration: one strict schema, the source of types, defaults, validation, flags, variables and `docs/configuration.md`.
 * Units stand in the names: `Ms` milliseconds, `Bytes` bytes.
 */

const MINUTE_MS = 60_000
const MIB = 1024 * 1024

const int = (min: number, max: number, fallback: number, text: string) =>
  z.number().int().min(min).max(max).default(fallback).describe(text)
const share = (fallback: number, text: string) => z.number().min(0).max(1).default(fallback).describe(text)

export const PROFILES = ['auto', 'embedded', 'cpu', 'rtx-12gb', 'jetson-orin', 'jetson-nano', 'remote'] as const

/** Which adapter serves a port, and what that adapter needs; the adapter checks its own settings. */
export const EngineConfig = z
  .looseObject({ adapter: z.string().min(1).describe('name of the adapter') })
  .describe('which adapter serves this, and its settings')
export type EngineConfig = z.infer<typeof EngineConfig>

const engine = (text: string) => EngineConfig.optional().describe(text)

const Engines = z.strictObject({
  asr: z
    .strictObject({
      live: engine('speech recognition while the session runs'),
      final: engine('speech recognition of the whole recording'),
    })
    .prefault({}),
  vad: engine('voice activity detection'),
  diarizer: engine('telling speakers apart'),
  llm: engine('language model for the report and the assistant'),
  tts: engine('speech synthesis'),
  vision: engine('description of photos'),
  judge: engine('end-of-turn judgement'),
  omni: engine('an engine that hears and sees by itself and answers in place of recognizer and language model'),
})

/** A tool of the assistant: an HTTP call, or an MCP server with tools of its own. */
export const ToolConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    description: z.string().min(1).max(2000),
    url: z.url({ protocol: /^https?$/ }),
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
    headers: z.record(z.string(), z.string()).default({}),
    parameters: z.record(z.string(), z.unknown()).default({ type: 'object', properties: {} }),
    effect: z.enum(['read', 'mutating']).default('mutating'),
    timeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  }),
  z.strictObject({
    kind: z.literal('mcp'),
    url: z.url({ protocol: /^https?$/ }).optional(),
    command: z.string().optional(),
    args: z.array(z.string()).default([]),
    headers: z.record(z.string(), z.string()).default({}),
    timeoutMs: z.number().int().min(100).max(600_000).default(30_000),
  }),
])
export type ToolConfig = z.infer<typeof ToolConfig>

export const ConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on; `0.0.0.0` lets other machines in'),
  port: int(0, 65_535, 8000, 'TCP port; 0 takes a free one'),
  dataDir: z.string().min(1).default('./data').describe('where sessions, audio and photos are stored'),
  modelsDir: z.string().default('').describe('where models are kept; empty is `models` in the data folder'),
  profile: z.enum(PROFILES).default('auto').describe('named choice of engines and models; `auto` looks at the machine'),
  log: z
    .strictObject({
      level: z
        .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info')
        .describe('least level that is logged'),
      pretty: z.boolean().default(false).describe('lines for people instead of JSON'),
      personal: z
        .boolean()
        .default(false)
        .describe('also log what people say, show or are called; for debugging on your own recordings only'),
      sessionStatsMs: int(0, 3_600_000, 30_000, 'how often each live session logs its figures; 0 never'),
    })
    .prefault({}),
  session: z
    .strictObject({
      graceMs: int(0, 86_400_000, 10 * MINUTE_MS, 'how long a session waits for its client to come back'),
      maxMs: int(1000, 7 * 86_400_000, 24 * 60 * MINUTE_MS, 'longest session'),
      idleMs: int(1000, 3_600_000, MINUTE_MS, 'a socket silent for this long is taken for gone'),
      maxInflightBytes: int(
        64 * 1024,
        256 * MIB,
        4 * MIB,
        'audio a session may have in memory before its socket is read no further',
      ),
      drainMs: int(0, 3_600_000, 2000, 'how long a stopping server waits for its clients to leave'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      maxMessageBytes: int(64 * 1024, 256 * MIB, 8 * MIB, 'largest message on the socket'),
      maxImageBytes: int(64 * 1024, 256 * MIB, 15 * MIB, 'largest photo'),
      maxUploadBytes: int(MIB, 64 * 1024 * MIB, 4096 * MIB, 'largest uploaded recording'),
      maxSessions: int(1, 100_000, 200, 'live sessions at the same time'),
    })
    .prefault({}),
  vad: z
    .strictObject({
      threshold: share(0.5, 'speech begins at this probability'),
      negThreshold: share(0.35, 'speech may end below this probability'),
      preRollMs: int(0, 2000, 300, 'audio kept from before speech began'),
      minSpeechMs: int(0, 5000, 200, 'shorter sounds are not speech'),
    })
    .refine((vad) => vad.negThreshold <= vad.threshold, {
      path: ['negThreshold'],
      message: 'expected a number not above vad.threshold',
    })
    .prefault({}),
  endpointing: z
    .strictObject({
      minSilenceMs: int(100, 10_000, 800, 'silence that ends an utterance'),
      maxUtteranceMs: int(1000, 60_000, 20_000, 'an utterance is cut at the best place before this length'),
    })
    .prefault({}),
  interim: z
    .strictObject({
      paceMs: int(100, 10_000, 500, 'how often the open utterance is decoded again for live text'),
    })
    .prefault({}),
  models: z
    .strictObject({
      fetch: z
        .enum(['offer', 'auto', 'never'])
        .default('offer')
        .describe(
          'at the start, models of the profile that are missing: say how to fetch them, fetch them meanwhile, or say nothing',
        ),
      watchMs: int(0, 3_600_000, 5000, 'how often the model folder is looked at for models that came; 0 never'),
    })
    .prefault({}),
  memory: z
    .strictObject({
      ramMb: int(0, 16_777_216, 0, 'memory that models may take together, MB; 0 is four fifths of what the machine has'),
      vramMb: int(0, 1_048_576, 0, 'graphics memory that models may take, MB; 0 is what the card has less 800'),
    })
    .prefault({}),
  assistant: z
    .strictObject({
      minDelayMs: int(0, 5000, 500, 'end of speech to end of turn, when the turn sounds complete'),
      maxDelayMs: int(100, 20_000, 2500, 'the same when it does not'),
      reopenMs: int(0, 5000, 800, 'speech this soon after the end of a turn continues it'),
      stallMs: int(1000, 600_000, 15_000, 'longest silence of the language model before it is given up'),
      frameWaitMs: int(0, 60_000, 4000, 'how long a question about what is seen waits for a new photo'),
      tools: z
        .record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), ToolConfig)
        .default({})
        .describe('tools of the assistant by name: HTTP calls and MCP servers, see docs/live.md'),
    })
    .refine((assistant) => assistant.minDelayMs <= assistant.maxDelayMs, {
      path: ['minDelayMs'],
      message: 'expected a number not above assistant.maxDelayMs',
    })
    .prefault({}),
  store: z
    .strictObject({
      flushMs: int(1, 5000, 150, 'audio is synced to disk in groups at this pace'),
      keyFile: z
        .string()
        .default('')
        .describe('file with the key of an encrypted data directory (docs/operations.md); empty: it is not encrypted'),
    })
    .prefault({}),
  access: z
    .strictObject({
      mode: z
        .enum(['auto', 'required', 'open'])
        .default('auto')
        .describe('`auto`: open on loopback while there is no key, else a key is required; `open` never asks for one'),
      origins: z
        .string()
        .default('')
        .describe('web origins besides its own that may use the server, separated by commas: `https://app.example`'),
      hosts: z.string().default('').describe('names besides its own addresses under which the server is reached, by commas'),
      requestsPerSecond: int(1, 10_000, 20, 'HTTP requests of one key, on average'),
      sessionsPerMinute: int(1, 100_000, 10, 'new sessions of one key, on average; twice as many at once'),
      photosPerSecond: int(1, 1000, 2, 'photos of one key, on average; some more at once'),
    })
    .prefault({}),
  tls: z
    .strictObject({
      auto: z.boolean().default(false).describe('https with a certificate of its own making for this machine'),
      cert: z.string().default('').describe('certificate chain, PEM file'),
      key: z.string().default('').describe('private key of it, PEM file'),
    })
    .refine((tls) => (tls.cert === '') === (tls.key === ''), { path: ['key'], message: 'expected cert and key, or neither' })
    .prefault({}),
  overload: z
    .strictObject({
      maxListening: int(0, 100_000, 0, 'sessions transcribed live at once; 0 measures what the machine can do'),
      maxPendingBytes: int(MIB, 256 * MIB, 64 * MIB, 'audio of all sessions that may wait for the disk'),
      maxClientBytes: int(64 * 1024, 64 * MIB, MIB, 'messages that may wait for a client that does not read'),
      maxEventLoopDelayMs: int(50, 60_000, 1000, 'above it HTTP requests are refused for a while; live sessions go on'),
    })
    .prefault({}),
  privacy: z
    .strictObject({
      keepAudioDays: int(0, 36_500, 0, 'recordings are erased this long after their session ended; 0 keeps them'),
      keepPhotosDays: int(0, 36_500, 0, 'photos are erased this long after they were taken; 0 keeps them'),
      keepTextDays: int(0, 36_500, 0, 'whole sessions are erased this long after they ended; 0 keeps them'),
      consent: Consent.default('unknown').describe('state of sessions whose client says nothing about consent'),
      keepAuditDays: int(1, 36_500, 365, 'how long the audit log goes back'),
    })
    .prefault({}),
  voices: z
    .strictObject({
      enrolment: z
        .boolean()
        .default(false)
        .describe(
          'known voices: enrol people who agreed, and name them in sessions; a voice is personal data, see docs/speakers.md',
        ),
    })
    .prefault({}),
  compat: z
    .strictObject({
      store: z
        .boolean()
        .default(true)
        .describe(
          'keep what comes through the Gemini, OpenAI and Deepgram APIs as sessions; a request opts out with `x-vigia-store: false`',
        ),
      strictModels: z
        .boolean()
        .default(false)
        .describe('refuse model names that are neither loaded nor mapped, instead of serving any'),
      models: z
        .record(z.string().min(1), z.enum(['chat', 'transcription', 'speech', 'live']))
        .default({})
        .describe('model names of your apps, and what each asks for: `chat`, `transcription`, `speech`, `live`'),
      maxBodyBytes: int(MIB, 1024 * MIB, 64 * MIB, 'largest request body of these APIs; it is held in memory'),
    })
    .prefault({}),
  analysis: z
    .strictObject({
      deadlineMs: int(10_000, 86_400_000, 60 * MINUTE_MS, 'longest time that the language model may take over one report'),
      modelRetryMs: int(
        0,
        86_400_000,
        MINUTE_MS,
        'a language model that failed or was not there is asked again after this pause, then after 6 times as long, five times in all; 0 never',
      ),
    })
    .prefault({}),
  telemetry: z
    .strictObject({
      otlpUrl: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe(
          'OpenTelemetry collector that takes traces over OTLP/HTTP: `http://127.0.0.1:4318`; nothing is sent without it',
        ),
      otlpHeaders: z.record(z.string(), z.string()).default({}).describe('headers for the collector: its key'),
      serviceName: z.string().min(1).max(200).default('vigia').describe('name of this server in traces'),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('told of each report that is ready, each photo described and each danger announced; see docs/webhooks.md'),
      secret: z.string().min(16).optional().describe('signs what is sent; needed with the URL'),
      includeReport: z.boolean().default(false).describe('send the report itself, not only that it is there'),
      reports: z.boolean().default(true).describe('tell of each report that is ready'),
      observations: z.boolean().default(true).describe('tell of each photo of a session that was described'),
      alerts: z.boolean().default(true).describe('tell of each danger that is announced'),
      includeObservation: z
        .boolean()
        .default(false)
        .describe('send what was seen and what is dangerous, not only that a photo was described or a danger announced'),
      timeoutMs: int(500, 120_000, 10_000, 'how long the receiver may take to answer'),
    })
    .refine(({ url, secret }) => url === undefined || secret !== undefined, {
      path: ['secret'],
      message: 'expected a secret of 16 characters or more, since webhook.url is set',
    })
    .prefault({}),
  engines: Engines.prefault({}).describe('overrides the profile, port by port'),
})

/** The whole configuration, frozen, every default filled in. */
export type Config = z.output<typeof ConfigSchema>
/** What a person writes: everything may be left out. */
export type ConfigInput = z.input<typeof ConfigSchema>
