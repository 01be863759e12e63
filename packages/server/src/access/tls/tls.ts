import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { selfSigned } from './self-signed.ts'

/** The certificate that the server shows: the owner's, or one of its own making that is kept in the data directory. */

export interface TlsFiles {
  cert: string
  key: string
}

export interface TlsSettings {
  auto: boolean
  cert: string
  key: string
}

const DAY_MS = 86_400_000
/** Browsers refuse longer ones. */
const VALID_DAYS = 397
const RENEW_BEFORE_DAYS = 30

/**
 * Null where the settings want plain http.
 *
 * @param addresses - of this machine; a certificate that does not know one of them is made anew
 * @throws VigiaError `config_invalid`
 */
export async function loadTls(
  settings: TlsSettings,
  dataDir: string,
  addresses: readonly string[],
  now = new Date(),
): Promise<TlsFiles | null> {
  if (settings.cert !== '') return readPair(settings.cert, settings.key)
  if (!settings.auto) return null
  const names = [localName(), 'localhost', '127.0.0.1', ...addresses]
  const [certPath, keyPath] = [join(dataDir, 'tls', 'cert.pem'), join(dataDir, 'tls', 'key.pem')]
  const kept = await readPair(certPath, keyPath).catch(() => null)
  if (kept && isGood(kept.cert, names, now)) return kept
  const made = selfSigned(names, new Date(now.getTime() - DAY_MS), new Date(now.getTime() + VALID_DAYS * DAY_MS))
  await mkdir(join(dataDir, 'tls'), { recursive: true, mode: 0o700 })
  await writeFile(keyPath, made.keyPem, { mode: 0o600 })
  await writeFile(certPath, made.certPem, { mode: 0o600 })
  return { cert: made.certPem, key: made.keyPem }
}

/** The name under which this machine is found on its own network (mDNS). */
export const localName = (): string => `${hostname().split('.')[0]!.toLowerCase()}.local`

/** SHA-256 of the certificate, as browsers show it. */
export const fingerprintOf = (tls: TlsFiles): string => new X509Certificate(tls.cert).fingerprint256

function isGood(pem: string, names: readonly string[], now: Date): boolean {
  const certificate = new X509Certificate(pem)
  if (certificate.validToDate.getTime() - now.getTime() < RENEW_BEFORE_DAYS * DAY_MS) return false
  return names.every((name) => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined)
}

async function readPair(certPath: string, keyPath: string): Promise<TlsFiles> {
  try {
    const [cert, key] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')])
    return { cert, key }
  } catch (cause) {
    throw new VigiaError('config_invalid', `The certificate ${certPath} or its key ${keyPath} cannot be read.`, {
      hint: 'Check tls.cert and tls.key, or set tls.auto.',
      cause,
    })
  }
}
