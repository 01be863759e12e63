import { statfs } from 'node:fs/promises'
import os from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { EngineInfo, LedgerEntry, LiveSessionStatus, SystemStatus } from '@vigia/protocol'
import type { Config } from './config/schema.ts'
import type { Ledger } from './engines/ledger.ts'
import type { Metrics } from './metrics.ts'
import { FINISHING_JOBS } from './session/finalizer.ts'
import type { SessionStatus } from './session/service.ts'
import type { Clock } from './std/clock.ts'
import type { RecentErrors } from './std/recent-errors.ts'
import type { Store } from './store/store.ts'

/** What `/system` tells: gathered when asked, nothing kept but the delay of the event loop. */

export interface SystemSources {
  version: string
  profile: string
  dataDir: string
  clock: Clock
  store: Pick<Store, 'jobs'>
  engines: () => Record<string, EngineInfo>
  sessions: () => SessionStatus[]
  errors: RecentErrors
  addresses: () => string[]
  photos: () => Promise<SystemStatus['photos']>
  /** Days after which things are erased. */
  keeps: NonNullable<SystemStatus['keeps']>
  /** Models and what they take, where a memory ledger runs. */
  ledger?: () => { entries: LedgerEntry[]; limits: { ram_bytes: number; vram_bytes: number } }
}

const NS_PER_MS = 1e6

export interface SystemWatch extends Disposable {
  status(): Promise<SystemStatus>
}

export function watchSystem(sources: SystemSources): SystemWatch {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const startedMs = sources.clock.now()
  return {
    async status() {
      const waiting = await sources.store.jobs.count(FINISHING_JOBS)
      const p99 = delay.percentile(99) / NS_PER_MS
      delay.reset()
      return {
        version: sources.version,
        uptime: Math.round((sources.clock.now() - startedMs) / 1000),
        profile: sources.profile,
        addresses: sources.addresses(),
        engines: sources.engines(),
        memory: memoryOf(sources),
        disk: await diskOf(sources.dataDir),
        event_loop_delay: Number.isFinite(p99) ? Math.round(p99 * 10) / 10 : 0,
        sessions: sources.sessions().map(liveStatus),
        waiting_jobs: waiting,
        photos: await sources.photos(),
        keeps: sources.keeps,
        errors: sources.errors.list(),
      }
    },
    [Symbol.dispose]: () => void delay.disable(),
  }
}

function memoryOf({ ledger }: SystemSources): SystemStatus['memory'] {
  const base = { process_bytes: process.memoryUsage.rss(), total_bytes: os.totalmem(), free_bytes: os.freemem() }
  if (!ledger) return base
  const { entries, limits } = ledger()
  return { ...base, ledger: entries, limits }
}

async function diskOf(folder: string): Promise<SystemStatus['disk']> {
  const found = await statfs(folder).catch(() => null)
  return found ? { free_bytes: found.bavail * found.bsize, total_bytes: found.blocks * found.bsize } : null
}

function liveStatus(session: SessionStatus): LiveSessionStatus {
  return {
    session_id: session.id,
    state: session.state,
    tier: session.tier,
    connected: Math.round(session.connectedMs / 1000),
    received_bytes: session.receivedBytes,
    unsynced_bytes: session.receivedBytes - session.durableBytes,
    lag: session.lagSeconds,
    chunk_rate: session.chunkRate,
    client: session.client,
  }
}

/** How many photos came, and how often. */
export async function photoFacts({ photos, photoInterval }: Metrics): Promise<SystemStatus['photos']> {
  const counted = (await photos.get()).values.reduce((sum, { value }) => sum + value, 0)
  const intervals = (await photoInterval.get()).values
  const numberOf = (suffix: string) => intervals.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0
  const count = numberOf('_count')
  return { count: counted, interval: count === 0 ? null : Math.round((numberOf('_sum') / count) * 1000) / 1000 }
}

const MIB = 2 ** 20

/** The memory ledger as `/system` shows it. */
export function ledgerView(ledger: Ledger): ReturnType<NonNullable<SystemSources['ledger']>> {
  const entries = ledger.entries().map(({ id, need, state, inUse }) => ({
    id,
    state,
    ram_bytes: need.ramMb * MIB,
    vram_bytes: need.vramMb * MIB,
    in_use: inUse,
  }))
  return { entries, limits: { ram_bytes: ledger.limits.ramMb * MIB, vram_bytes: ledger.limits.vramMb * MIB } }
}

/** The settings of what is erased when, as the wire says them. */
export const keptDays = (privacy: Config['privacy']): NonNullable<SystemStatus['keeps']> => ({
  recordings: privacy.keepAudioDays,
  photos: privacy.keepPhotosDays,
  sessions: privacy.keepTextDays,
})
