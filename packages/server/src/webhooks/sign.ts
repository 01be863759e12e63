import { createHmac, timingSafeEqual } from 'node:crypto'

/** Signatures after the Standard Webhooks specification 1.0: HMAC-SHA256 over id, time and body. Pure. */

/** Older messages are refused: a copy cannot be sent again later. Seconds. */
const TOLERANCE_S = 300

export interface WebhookHeaders {
  'webhook-id': string
  /** Seconds since 1970. */
  'webhook-timestamp': string
  'webhook-signature': string
}

/** @param secret - as configured; `whsec_…` is base64 */
export function signWebhook(secret: string, id: string, timestampS: number, body: string): WebhookHeaders {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    'webhook-signature': `v1,${macOf(secret, id, timestampS, body).toString('base64')}`,
  }
}

/** What a receiver does; the header may hold several signatures. */
export function verifyWebhook(secret: string, headers: WebhookHeaders, body: string, nowS: number): boolean {
  const timestamp = Number(headers['webhook-timestamp'])
  if (!Number.isInteger(timestamp) || Math.abs(nowS - timestamp) > TOLERANCE_S) return false
  const expected = macOf(secret, headers['webhook-id'], timestamp, body)
  return headers['webhook-signature'].split(' ').some((signature) => {
    const [version, text = ''] = signature.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
}

function macOf(secret: string, id: string, timestampS: number, body: string): Buffer {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
  return createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest()
}
