import type { Observation } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { startTestServer } from '../../test/helpers/test-server.ts'
import { webhookReceiver } from '../../test/helpers/webhook-receiver.ts'
import { DIALOGUE, segmentsOf } from '../analysis/fixtures/scripts.ts'
import { analyze } from '../analysis/pipeline.ts'
import { type ConfigInput, ConfigSchema } from '../config/schema.ts'
import { systemClock } from '../std/clock.ts'
import { signWebhook, verifyWebhook } from './sign.ts'
import { openWebhooks, WEBHOOK_JOB } from './webhooks.ts'

const SECRET = 'un secreto de prueba, largo'

describe('the signature', () => {
  it('is that of the Standard Webhooks specification', () => {
    // Vector of the specification's reference libraries.
    const headers = signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    )
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('fails for another body, another secret, and an old message', () => {
    const headers = signWebhook(SECRET, 'm', 1000, 'body')
    expect(verifyWebhook(SECRET, headers, 'body', 1010)).toBe(true)
    expect(verifyWebhook(SECRET, headers, 'body2', 1010)).toBe(false)
    expect(verifyWebhook('otro secreto de prueba', headers, 'body', 1010)).toBe(false)
    expect(verifyWebhook(SECRET, headers, 'body', 2000)).toBe(false)
  })
})

/** The section of the configuration, with its defaults. */
const configOf = (given: ConfigInput['webhook']) => ConfigSchema.parse({ webhook: given }).webhook

async function readyReport(store: Awaited<ReturnType<typeof startTestServer>>['store']) {
  const format = { encoding: 'pcm16', sampleRate: 16000, channels: 1 }
  await store.sessions.create({
    id: 'uno',
    owner: null,
    format,
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
  const report = await analyze({
    sessionId: 'uno',
    language: 'es',
    startedAt: '2026-03-10T10:00:00Z',
    timeZone: 'Europe/Madrid',
    segments: segmentsOf(DIALOGUE.lines),
    frames: [],
    durationMs: 60_000,
  })
  await store.reports.put('uno', report)
  return report
}

describe('a webhook', () => {
  it('is tried again until it is taken, signed, without what was said', async () => {
    await using app = await startTestServer()
    await using hook = await webhookReceiver([500, 302])
    const { url, received, until } = hook
    const failures: string[] = []
    const config = configOf({ url, secret: SECRET })
    const retryMs = [1, 1, 1]
    await using webhooks = openWebhooks(config, {
      store: app.store,
      clock: fastClock(),
      retryMs,
      onFailure: (_, code) => failures.push(code),
    })!
    const report = await readyReport(app.store)
    await webhooks.reportReady('uno', report)
    await until(3)
    expect(failures).toEqual(['engine_unavailable', 'engine_unavailable'])
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    for (const { headers, body } of received) expect(verifyWebhook(SECRET, headers, body, Date.now() / 1000)).toBe(true)
    const message = JSON.parse(received[0]!.body) as { type: string; data: Record<string, unknown> }
    expect(message).toMatchObject({ type: 'report.ready', data: { session_id: 'uno', action_items: report.action_items.length } })
    expect(received[0]!.body).not.toContain('proveedor')
  })

  it('survives a server that stops before it was sent', async () => {
    await using app = await startTestServer()
    await using hook = await webhookReceiver()
    const { url, received, until } = hook
    const config = configOf({ url, secret: SECRET, includeReport: true })
    const report = await readyReport(app.store)
    await app.store.jobs.add('webhook', 'uno', { revision: 1, at: '2026-03-10T10:00:00Z' })
    await using _ = openWebhooks(config, { store: app.store, clock: systemClock })!
    await until(1)
    expect(JSON.parse(received[0]!.body)).toMatchObject({ data: { report: { session_id: report.session_id } } })
  })

  it('is sent of what the receiver wants to be told of alone', async () => {
    await using app = await startTestServer()
    await using hook = await webhookReceiver()
    const config = configOf({ url: hook.url, secret: SECRET, reports: false })
    await using webhooks = openWebhooks(config, { store: app.store, clock: systemClock })!
    await webhooks.reportReady('uno', await readyReport(app.store))
    expect(await app.store.jobs.count([WEBHOOK_JOB])).toBe(0)
  })

  it('about photos is left out when too many wait, and says so; those of reports are not', async () => {
    await using app = await startTestServer()
    await using hook = await webhookReceiver()
    const report = await readyReport(app.store)
    const failures: string[] = []
    const onFailure = (_: string, code: string) => failures.push(code)
    const config = configOf({ url: hook.url, secret: SECRET })
    await using webhooks = openWebhooks(config, { store: app.store, clock: systemClock, maxWaitingPhotos: 0, onFailure })!
    await webhooks.photoSettled({ frame_id: 'f', session_id: 'uno', status: 'done' } as Observation, [])
    expect(failures).toEqual(['overloaded'])
    await webhooks.reportReady('uno', report)
    await hook.until(1)
    expect(hook.received).toHaveLength(1)
  })

  it('is not there without an address', async () => {
    await using app = await startTestServer()
    expect(openWebhooks(configOf({}), { store: app.store, clock: systemClock })).toBeNull()
  })
})

/** Looks for due jobs a hundred times as often. */
function fastClock(): typeof systemClock {
  return { ...systemClock, setInterval: (run, ms) => systemClock.setInterval(run, Math.max(5, ms / 100)) }
}
