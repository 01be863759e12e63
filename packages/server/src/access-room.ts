import { Access, type AccessEvent } from './access/access.ts'
import { KeyFile } from './access/key-file.ts'
import { addKey } from './access/keys.ts'
import { listOf } from './access/origin.ts'
import { loadTls, localName, type TlsFiles } from './access/tls/tls.ts'
import { TokenBuckets } from './access/token-bucket.ts'
import { isLoopback, lanAddresses } from './cli/addresses.ts'
import type { Config } from './config/schema.ts'
import type { Logger } from './log.ts'
import type { Clock } from './std/clock.ts'
import type { AuditEntry, Store } from './store/store.ts'

/** Composition of access: keys, certificate, rates and the audit log, as the configuration wants them. */

export interface AccessRoom {
  access: Access
  tls: TlsFiles | null
  /** The key that was made because the server is reached from elsewhere and had none; shown once. */
  firstKey: string | null
  /** Adds a row to the audit log; a row that cannot be written is an error in the log, not of who asked. */
  audit(entry: AuditEntry): void
  /** Callback when keys may have changed: who is connected is asked again whether they may stay. */
  stop(): void
}

/** Refusals in the audit log: a flood must not fill the disk. */
const REFUSALS = { burst: 200, perSecond: 5 }

export async function openAccessRoom(
  config: Config,
  { store, clock, log }: { store: Store; clock: Clock; log: Logger },
): Promise<AccessRoom> {
  const keys = new KeyFile(config.dataDir)
  const addresses = lanAddresses()
  const tls = await loadTls(config.tls, config.dataDir, addresses)
  const loopback = isLoopback(config.host)
  const { access: settings } = config
  const needsKey = settings.mode === 'required' || (settings.mode === 'auto' && !loopback)
  const firstKey = needsKey && (keys.read()?.keys.length ?? 0) === 0 ? makeFirstKey(keys, clock) : null

  const audit = (entry: AuditEntry): void =>
    void store.audit.append(entry).catch((err: unknown) => log.error({ err, action: entry.action }, 'audit row was not written'))
  const refusals = new TokenBuckets(REFUSALS)
  const onEvent = ({ action, keyId, ip }: AccessEvent): void => {
    const refused = action !== 'token_issued'
    if (refused && refusals.take('all', clock.now()) > 0) return
    audit({ keyId, action, ip, result: refused ? 'refused' : 'ok' })
  }
  const { brokenAt } = await store.audit.verify()
  if (brokenAt !== null) log.error({ row: brokenAt }, 'the audit log was changed from outside')
  audit({ action: 'server_started', result: 'ok' })
  const watch = watchKeys(keys, clock, audit)
  const sessions = { burst: settings.sessionsPerMinute * 2, perSecond: settings.sessionsPerMinute / 60 }
  const access = new Access({
    keys,
    clock,
    mode: settings.mode,
    loopback,
    rules: { origins: listOf(settings.origins), hosts: [localName(), ...listOf(settings.hosts)], https: tls !== null },
    rates: {
      requests: { burst: settings.requestsPerSecond * 2, perSecond: settings.requestsPerSecond },
      sessions,
      photos: { burst: settings.photosPerSecond * 3, perSecond: settings.photosPerSecond },
    },
    onEvent,
  })
  return { access, tls, firstKey, audit, stop: watch }
}

function makeFirstKey(keys: KeyFile, clock: Clock): string {
  let made = ''
  keys.change((ring) => {
    const { key, ring: next } = addKey(ring, { name: 'first key' }, new Date(clock.wallMs()).toISOString())
    made = key
    return next
  })
  return made
}

/** Writes down which keys came and which were revoked, also those that the command line changed. */
function watchKeys(keys: KeyFile, clock: Clock, audit: AccessRoom['audit']): () => void {
  const states = (): Map<string, boolean> => new Map(keys.read()?.keys.map((key) => [key.id, key.revokedAt !== null]) ?? [])
  let known = states()
  return clock.setInterval(() => {
    const now = states()
    for (const [object, revoked] of now) {
      if (!known.has(object)) audit({ action: 'key_created', object, result: 'ok' })
      if (revoked && known.get(object) !== true) audit({ action: 'key_revoked', object, result: 'ok' })
    }
    known = now
  }, 2000)
}
