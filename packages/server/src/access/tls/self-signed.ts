import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { bits, bool, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from './der.ts'

/**
 * A certificate that a server makes for itself: X.509 v3 (RFC 5280), ECDSA on P-256 with SHA-256. Browsers warn once; the
 * connection is encrypted all the same, and a phone gets its microphone.
 */

export interface SelfSigned {
  certPem: string
  keyPem: string
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const COMMON_NAME = oid('2.5.4.3')
const BASIC_CONSTRAINTS = oid('2.5.29.19')
const KEY_USAGE = oid('2.5.29.15')
const EXTENDED_KEY_USAGE = oid('2.5.29.37')
const SERVER_AUTH = oid('1.3.6.1.5.5.7.3.1')
const SUBJECT_ALT_NAME = oid('2.5.29.17')
/** Bits 0 of KeyUsage: digitalSignature. */
const DIGITAL_SIGNATURE = bits(Buffer.from([0x80]), 7)

/**
 * @param names - host names and IPv4 addresses it is good for
 */
export function selfSigned(names: readonly string[], validFrom: Date, validTo: Date): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(COMMON_NAME, utf8(`Vigía ${names[0] ?? ''}`.trim()))))
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ECDSA_SHA256,
    name,
    sequence(time(validFrom), time(validTo)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, extensions(names)),
  )
  const certificate = sequence(body, ECDSA_SHA256, bits(sign('sha256', body, privateKey)))
  return { certPem: pem('CERTIFICATE', certificate), keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) }
}

function extensions(names: readonly string[]): Buffer {
  const extension = (id: Buffer, critical: boolean, value: Buffer): Buffer =>
    sequence(id, ...(critical ? [bool(true)] : []), octets(value))
  return sequence(
    extension(BASIC_CONSTRAINTS, true, sequence()),
    extension(KEY_USAGE, true, DIGITAL_SIGNATURE),
    extension(EXTENDED_KEY_USAGE, false, sequence(SERVER_AUTH)),
    extension(SUBJECT_ALT_NAME, false, sequence(...names.map(generalName))),
  )
}

/** iPAddress is `[7]`, dNSName `[2]`. */
const generalName = (name: string): Buffer =>
  isIPv4(name) ? implicit(7, Buffer.from(name.split('.').map(Number))) : implicit(2, Buffer.from(name, 'latin1'))

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
