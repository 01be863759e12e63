import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform, release } from 'node:os'
import { join } from 'node:path'
import type { EngineDeath } from './engines/host/engine-process.ts'
import { type Logger, serializeError } from './log.ts'
import { VERSION } from './version.ts'

/**
 * What is kept of a crash, so that it can be looked into afterwards: where it happened and in what state the process was.
 * Nothing that people said, showed or are called: no texts of exceptions, no output of engines, no ids, no paths of data.
 */

export interface CrashReport {
  /** ISO 8601. */
  at: string
  kind: 'uncaught_exception' | 'unhandled_rejection' | 'engine_death'
  version: string
  node: string
  platform: string
  uptimeS: number
  residentBytes: number
  heapUsedBytes: number
  /** Type, code and places of the exception and its causes. */
  error?: object
  engine?: Pick<EngineDeath, 'name' | 'reason' | 'deaths' | 'quarantined' | 'outOfMemory'>
}

export type CrashFacts = Pick<CrashReport, 'kind'> & { error?: unknown; engine?: EngineDeath }

/** The newest ones are kept. */
const KEPT = 20

export const crashDir = (dataDir: string): string => join(dataDir, 'crashes')

/** The report as it is written. Pure, but for figures of the process. */
export function crashReport({ kind, error, engine }: CrashFacts, at: string): CrashReport {
  const { rss, heapUsed } = process.memoryUsage()
  return {
    at,
    kind,
    version: VERSION,
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    uptimeS: Math.round(process.uptime()),
    residentBytes: rss,
    heapUsedBytes: heapUsed,
    ...(error === undefined ? {} : { error: withoutText(serializeError(error)) }),
    ...(engine ? { engine: pick(engine) } : {}),
  }
}

/**
 * Writes a report at once, without waiting: the process may be about to end.
 *
 * @returns the file; null when it could not be written
 */
export function writeCrashReport(dataDir: string, facts: CrashFacts, wallMs = Date.now()): string | null {
  const dir = crashDir(dataDir)
  const at = new Date(wallMs).toISOString()
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const old = readdirSync(dir).sort()
    for (const name of old.slice(0, Math.max(0, old.length - KEPT + 1))) rmSync(join(dir, name), { force: true })
    const file = join(dir, `${at.replaceAll(':', '-')}-${process.pid}-${facts.kind}.json`)
    writeFileSync(file, `${JSON.stringify(crashReport(facts, at), null, 2)}\n`, { mode: 0o600 })
    return file
  } catch {
    return null // a full disk must not hide the crash itself
  }
}

/** From now on an exception that nobody caught is reported without its text, and ends the process with code 1. */
export function reportCrashes(dataDir: string, log: Logger): void {
  process.on('uncaughtException', (error, origin) => {
    const kind = origin === 'unhandledRejection' ? 'unhandled_rejection' : 'uncaught_exception'
    const file = writeCrashReport(dataDir, { kind, error })
    log.fatal({ err: error, kind, reported: file !== null }, 'the server crashed')
    process.exit(1)
  })
}

const pick = ({ name, reason, deaths, quarantined, outOfMemory }: EngineDeath): CrashReport['engine'] => ({
  name,
  reason,
  deaths,
  quarantined,
  outOfMemory,
})

/** An error's logged form may hold a text under `personal`, and our own texts, which may quote a client's id: both go. */
function withoutText(logged: object): object {
  const { personal: _, message: __, cause, ...kept } = logged as { personal?: unknown; message?: string; cause?: object }
  return { ...kept, ...(cause ? { cause: withoutText(cause) } : {}) }
}
