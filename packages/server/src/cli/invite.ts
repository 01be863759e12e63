import { renderUnicodeCompact } from 'uqr'

/** How a phone gets in: what `serve` prints when the server is reached from elsewhere. The key stands behind `#`, which no browser sends. */

export interface InviteFacts {
  /** Addresses of this machine that a phone can reach. */
  addresses: readonly string[]
  port: number
  secure: boolean
  /** Made at this start; null where keys exist already. */
  firstKey: string | null
  /** SHA-256 of the certificate that the server made for itself. */
  fingerprint: string | null
}

export function invite({ addresses, port, secure, firstKey, fingerprint }: InviteFacts): string {
  const address = addresses[0]
  const lines: string[] = []
  if (firstKey !== null) {
    lines.push('A key was made, because other machines can connect. It is not shown again:', '', `  ${firstKey}`, '')
    if (address) {
      const link = `${secure ? 'https' : 'http'}://${address}:${port}/#key=${firstKey}`
      lines.push(renderUnicodeCompact(link), '', `  ${link}`, '')
    }
  } else lines.push('A key is needed from every client; "npm run vigia -- keys create NAME" makes one.', '')
  if (fingerprint !== null)
    lines.push("The certificate is of this server's own making; a browser warns once. Its SHA-256:", `  ${fingerprint}`, '')
  else if (!secure) lines.push('Nothing is encrypted on the way. --tls.auto makes a certificate.', '')
  return lines.join('\n')
}
