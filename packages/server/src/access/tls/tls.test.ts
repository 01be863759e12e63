import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fingerprintOf, loadTls } from './tls.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-tls-'))
})
afterEach(() => rm(dir, { recursive: true }))

const AUTO = { auto: true, cert: '', key: '' }

it('makes a certificate that OpenSSL takes for its names and no others', async () => {
  const tls = (await loadTls(AUTO, dir, ['192.168.7.9']))!
  const certificate = new X509Certificate(tls.cert)
  expect(certificate.checkHost('localhost')).toBe('localhost')
  expect(certificate.checkIP('192.168.7.9')).toBe('192.168.7.9')
  expect(certificate.checkIP('192.168.7.10')).toBeUndefined()
  expect(certificate.ca).toBe(false)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect((await stat(join(dir, 'tls/key.pem'))).mode & 0o777).toBe(0o600)
})

it('serves a TLS 1.3 handshake that verifies against it', async () => {
  const tls = (await loadTls(AUTO, dir, []))!
  const server = createServer(tls, (socket) => socket.end('ok'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: tls.cert,
  })
  await once(socket, 'secureConnect')
  expect([socket.authorized, socket.getProtocol()]).toEqual([true, 'TLSv1.3'])
  socket.destroy()
  server.close()
})

it('keeps it over restarts, and makes it anew for a new address or when it is about to end', async () => {
  const first = (await loadTls(AUTO, dir, []))!
  expect(fingerprintOf((await loadTls(AUTO, dir, []))!)).toBe(fingerprintOf(first))
  const moved = (await loadTls(AUTO, dir, ['10.0.0.5']))!
  expect(fingerprintOf(moved)).not.toBe(fingerprintOf(first))
  const inAYear = new Date(Date.now() + 380 * 86_400_000)
  expect(fingerprintOf((await loadTls(AUTO, dir, ['10.0.0.5'], inAYear))!)).not.toBe(fingerprintOf(moved))
})

it('says which file of the owner cannot be read', async () => {
  await writeFile(join(dir, 'cert.pem'), 'x')
  const settings = { auto: false, cert: join(dir, 'cert.pem'), key: join(dir, 'none.pem') }
  await expect(loadTls(settings, dir, [])).rejects.toMatchObject({ code: 'config_invalid' })
})
