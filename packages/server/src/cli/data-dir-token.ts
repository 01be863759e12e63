import { KeyFile } from '../access/key-file.ts'
import { isActive } from '../access/keys.ts'
import { SCOPES } from '../access/scopes.ts'
import { issueAccessToken } from '../access/tokens.ts'

/**
 * A token of a minute for this machine's own command line: who may read the data directory may ask the server on it. Null where
 * no key exists or none with scope `admin` is active.
 */
export function dataDirToken(dataDir: string, nowMs = Date.now()): string | null {
  const ring = new KeyFile(dataDir).read()
  const now = new Date(nowMs).toISOString()
  const admin = ring?.keys.find((key) => isActive(key, now) && key.scopes.includes('admin'))
  if (!ring || !admin) return null
  const holder = { keyId: admin.id, scopes: admin.scopes }
  return issueAccessToken(ring, holder, { scopes: SCOPES, lifetimeMs: 60_000, once: false }, nowMs).token
}
