import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyWebhook } from '../src/webhooks/sign.ts'
import { longSession } from './analysis/long-session.ts'
import { runAnalysis, seedLong } from './analysis/run-analysis.ts'
import { spawnServer } from './helpers/server-process.ts'
import { type WebhookReceiver, webhookReceiver } from './helpers/webhook-receiver.ts'

/** A report is told of at least once, whenever the server dies. */

const SECRET = 'un secreto de prueba, largo'
const HOURS = 0.05

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'vigia-hook-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const typesOf = ({ received }: WebhookReceiver): string[] =>
  received.map(({ body }) => (JSON.parse(body) as { type: string }).type)

describe('the webhook of a report', () => {
  it('comes after a kill between the stored report and its announcement', async () => {
    await using hook = await webhookReceiver()
    await seedLong(dataDir, longSession(HOURS))
    expect((await runAnalysis(dataDir, HOURS, 'report told')).at(-1)).toBe('report told')
    const server = await spawnServer(dataDir, 0, { webhook: { url: hook.url, secret: SECRET } })
    try {
      await hook.until(1)
    } finally {
      await server.kill()
    }
    expect(typesOf(hook)).toContain('report.ready')
    for (const { headers, body } of hook.received) expect(verifyWebhook(SECRET, headers, body, Date.now() / 1000)).toBe(true)
  }, 120_000)

  it('comes again, under its id, after a kill while it was being sent', async () => {
    // The receiver took the message and never said so.
    await using hook = await webhookReceiver([0])
    const settings = { webhook: { url: hook.url, secret: SECRET } }
    await seedLong(dataDir, longSession(HOURS))
    const first = await spawnServer(dataDir, 0, settings)
    try {
      await hook.until(1)
    } finally {
      await first.kill()
    }
    const second = await spawnServer(dataDir, 0, settings)
    try {
      await hook.until(2)
    } finally {
      await second.kill()
    }
    expect(new Set(typesOf(hook))).toEqual(new Set(['report.ready']))
    const ids = hook.received.map(({ headers }) => headers['webhook-id'])
    expect(ids.filter((id) => id === ids[0]).length).toBeGreaterThan(1)
  }, 120_000)
})
