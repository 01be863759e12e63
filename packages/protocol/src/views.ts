import { z } from 'zod'
import { EngineInfo, Seconds, Tier } from './common.ts'

/** What an app shows beside sessions and reports: marks, waveforms, the state of the server. */

export const MergeSpeakersBody = z.strictObject({
  from: z.string().regex(/^S\d{1,3}$/),
  into: z.string().regex(/^S\d{1,3}$/),
})
export type MergeSpeakersBody = z.infer<typeof MergeSpeakersBody>

export const MarkBody = z.strictObject({
  at: Seconds.optional().describe('now, when left out'),
  label: z.string().max(200).default(''),
})
export type MarkBody = z.input<typeof MarkBody>

export const Marked = z.object({ id: z.string(), at: Seconds, label: z.string() })
export type Marked = z.infer<typeof Marked>

export const PeaksQuery = z.strictObject({
  points: z.coerce.number().int().min(10).max(20_000).default(2000).describe('windows at most'),
})

export const Peaks = z.object({
  duration: Seconds,
  /** Windows a second. */
  per_second: z.number().positive(),
  peaks: z.string().describe('base64 of signed bytes: least and largest amplitude of each window, in turn'),
})
export type Peaks = z.infer<typeof Peaks>

export const LiveSessionStatus = z.object({
  session_id: z.string(),
  state: z.enum(['live', 'detached']),
  tier: Tier,
  connected: z.number().describe('seconds'),
  received_bytes: z.number().int(),
  unsynced_bytes: z.number().int().describe('received and not yet on disk'),
  lag: z.number().describe('seconds of audio that wait for the recognizer'),
  chunk_rate: z.number().describe('messages of audio a second'),
  client: z.string().nullable(),
})
export type LiveSessionStatus = z.infer<typeof LiveSessionStatus>

/** One model in the memory ledger. */
export const LedgerEntry = z.object({
  id: z.string(),
  state: z.enum(['out', 'loading', 'in', 'leaving']),
  ram_bytes: z.number(),
  vram_bytes: z.number(),
  in_use: z.boolean(),
})
export type LedgerEntry = z.infer<typeof LedgerEntry>

export const SystemStatus = z.object({
  version: z.string(),
  uptime: z.number().describe('seconds'),
  profile: z.string(),
  addresses: z.array(z.string()).describe('under which a phone on the same network reaches the server; empty on loopback'),
  engines: z.record(z.string(), EngineInfo),
  memory: z.object({
    process_bytes: z.number().describe('of the gateway process'),
    total_bytes: z.number().describe('of the machine'),
    free_bytes: z.number(),
    ledger: z.array(LedgerEntry).optional().describe('models and what they take; absent without a ledger'),
    limits: z.object({ ram_bytes: z.number(), vram_bytes: z.number() }).optional(),
  }),
  disk: z.object({ free_bytes: z.number(), total_bytes: z.number() }).nullable(),
  event_loop_delay: z.number().describe('milliseconds, 99th percentile of the last seconds'),
  sessions: z.array(LiveSessionStatus),
  waiting_jobs: z.number().int().describe('recordings that wait for transcription and report'),
  photos: z.object({ count: z.number().int(), interval: z.number().nullable().describe('seconds between photos, mean') }),
  keeps: z
    .object({ recordings: z.number().int(), photos: z.number().int(), sessions: z.number().int() })
    .optional()
    .describe('days after which each is erased; 0: kept'),
  errors: z.array(
    z.object({ at: z.string(), code: z.string(), message: z.string(), hint: z.string().optional(), count: z.number().int() }),
  ),
})
export type SystemStatus = z.infer<typeof SystemStatus>

/** A model of the catalogue as the web app shows it. */
export const ModelView = z.object({
  id: z.string(),
  title: z.string(),
  role: z.string(),
  status: z.enum(['installed', 'damaged', 'partial', 'missing', 'pulling']),
  bytes: z.number().describe('to fetch'),
  license: z.object({ name: z.string(), commercial: z.boolean() }),
  progress: z.object({ done: z.number(), total: z.number() }).optional().describe('bytes, while it is fetched'),
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().optional() })
    .optional()
    .describe('why the last try failed'),
})
export type ModelView = z.infer<typeof ModelView>
export const ModelList = z.object({ models: z.array(ModelView) })
export type ModelList = z.infer<typeof ModelList>
export const PullBody = z.strictObject({
  accept_license: z.boolean().default(false).describe('a licence that limits commercial use'),
})

/** What `vigia doctor` finds. */
export const Diagnosis = z.object({
  profile: z.string(),
  best_profile: z.string().describe('what `auto` would choose on this machine'),
  machine: z.object({
    name: z.string(),
    cores: z.number().int(),
    ram_bytes: z.number(),
    free_ram_bytes: z.number(),
    free_disk_bytes: z.number(),
    gpus: z.array(z.object({ name: z.string(), vram_bytes: z.number(), driver: z.string() })),
  }),
  hub: z.object({ reachable: z.boolean(), why: z.string().optional() }),
  models: z.array(z.object({ id: z.string(), role: z.string(), status: z.string(), bytes: z.number() })),
  problems: z.array(z.object({ text: z.string(), fix: z.string().describe('a command, or what to change') })),
})
export type Diagnosis = z.infer<typeof Diagnosis>
