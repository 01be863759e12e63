import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Observation } from '@vigia/protocol'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { kitchenAnswer, knife } from '../src/engines/llm-vision/testing/scripted-llm.ts'
import type { WebhookMessage } from '../src/webhooks/messages.ts'
import { verifyWebhook } from '../src/webhooks/sign.ts'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'
import { fakeVisionServer } from './helpers/vision-server.ts'
import { type WebhookReceiver, webhookReceiver } from './helpers/webhook-receiver.ts'

/** Photos that were accepted with 202: what another server is told of them. */

const SECRET = 'un secreto de prueba, largo'
/** A busy machine is no reason to refuse here. */
const BUSY = { maxEventLoopDelayMs: 60_000 }
const DANGEROUS = kitchenAnswer({ objects: ['un cuchillo al borde de la mesa'], dangers: [{ ...knife, severity: 'medium' }] })

const stripes = (): Promise<Buffer> => {
  const pixels = Buffer.from(Uint8Array.from({ length: 640 * 480 * 3 }, (_, i) => ((i / 60) & 1) * 200))
  return sharp(pixels, { raw: { width: 640, height: 480, channels: 3 } })
    .jpeg()
    .toBuffer()
}

async function submit(url: string, sessionId?: string): Promise<Observation> {
  const response = await fetch(`${url}/vision/frame`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify({ image_b64: (await stripes()).toString('base64'), ...(sessionId ? { session_id: sessionId } : {}) }),
  })
  expect(response.status).toBe(202)
  return (await response.json()) as Observation
}

const messagesOf = ({ received }: WebhookReceiver) => received.map(({ body }) => JSON.parse(body) as WebhookMessage)

describe('a photo accepted with 202', () => {
  test('is told of when it was described, and its dangers, signed and without what was seen', async () => {
    await using hook = await webhookReceiver([503])
    await using model = await fakeVisionServer(() => DANGEROUS)
    await using app = await startTestServer({
      engines: { vision: { adapter: 'openai', baseUrl: model.url } },
      webhook: { url: hook.url, secret: SECRET },
      overload: BUSY,
    })
    await using client = await LiveClient.connect(app.url)
    const { session_id } = await client.open({})
    const { frame_id } = await submit(app.url, session_id)
    await hook.until(3) // one of the two was refused and comes again
    const messages = messagesOf(hook)
    expect(new Set(messages.map(({ type }) => type))).toEqual(new Set(['alert', 'observation.ready']))
    const observation_url = `/vision/frames/${frame_id}`
    expect(messages.find(({ type }) => type === 'alert')?.data).toEqual({
      session_id,
      frame_id,
      observation_url,
      severity: 'medium',
    })
    const ready = messages.find(({ type }) => type === 'observation.ready')
    expect(ready?.data).toMatchObject({ session_id, frame_id, observation_url, status: 'done', method: 'model', dangers: 1 })
    for (const { headers, body } of hook.received) {
      expect(verifyWebhook(SECRET, headers, body, Date.now() / 1000)).toBe(true)
      expect(body).not.toMatch(/cuchillo|mesa/)
    }
    expect(new Set(hook.received.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([`observation.ready.${frame_id}`, `alert.${frame_id}.0`]),
    )
  }, 60_000)

  test('is told of with what was seen when the owner wants that', async () => {
    await using hook = await webhookReceiver()
    await using model = await fakeVisionServer(() => DANGEROUS)
    await using app = await startTestServer({
      engines: { vision: { adapter: 'openai', baseUrl: model.url } },
      webhook: { url: hook.url, secret: SECRET, includeObservation: true },
      overload: BUSY,
    })
    await using client = await LiveClient.connect(app.url)
    const { session_id } = await client.open({})
    await submit(app.url, session_id)
    await hook.until(2)
    const [alert, ready] = messagesOf(hook).toSorted((a, b) => a.type.localeCompare(b.type))
    expect(alert?.data).toMatchObject({ what: 'un cuchillo', where: 'al borde de la mesa' })
    expect(ready?.data).toMatchObject({ observation: { objects: ['un cuchillo al borde de la mesa'], status: 'done' } })
  }, 60_000)

  test('is told of by the next server when the first was stopped before it was described', async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-hook-'))
    try {
      await using hook = await webhookReceiver()
      await using silent = await fakeVisionServer(() => DANGEROUS, { intercept: () => true })
      await using model = await fakeVisionServer(() => DANGEROUS)
      const webhook = { url: hook.url, secret: SECRET }
      const settings = { dataDir, webhook, overload: BUSY }
      let frameId = ''
      {
        await using app = await startTestServer({ ...settings, engines: { vision: { adapter: 'openai', baseUrl: silent.url } } })
        await using client = await LiveClient.connect(app.url)
        const { session_id } = await client.open({})
        frameId = (await submit(app.url, session_id)).frame_id
        expect(hook.received).toEqual([])
      }
      await using _ = await startTestServer({ ...settings, engines: { vision: { adapter: 'openai', baseUrl: model.url } } })
      await hook.until(2)
      expect(hook.received.map(({ headers }) => headers['webhook-id'])).toContain(`observation.ready.${frameId}`)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }, 60_000)

  test('whose session was erased before its message could be sent is not told of', async () => {
    await using hook = await webhookReceiver([503, 503])
    await using model = await fakeVisionServer(() => DANGEROUS)
    await using app = await startTestServer({
      engines: { vision: { adapter: 'openai', baseUrl: model.url } },
      webhook: { url: hook.url, secret: SECRET },
      overload: BUSY,
    })
    await using client = await LiveClient.connect(app.url)
    const { session_id } = await client.open({})
    await submit(app.url, session_id)
    await hook.until(2)
    expect((await fetch(`${app.url}/sessions/${session_id}`, { method: 'DELETE' })).ok).toBe(true)
    expect(await app.store.jobs.count(['webhook_photo'])).toBe(0)
  }, 60_000)
})
