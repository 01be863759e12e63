import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { NO_OWNERS, openAccess } from '../../access/testing.ts'
import { ConfigSchema } from '../../config/schema.ts'
import { createLogger } from '../../log.ts'
import { createMetrics } from '../../metrics.ts'
import { shedUnderPressure } from './pressure.ts'
import { createHttpServer } from './server.ts'

/** Keeps the event loop busy. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

it('answers 503 with Retry-After while the event loop lags, still says that it lives, and serves again afterwards', async () => {
  const { limits, log } = ConfigSchema.parse({})
  const app = createHttpServer({
    limits,
    log: createLogger({ ...log, level: 'silent' }),
    metrics: createMetrics(),
    access: openAccess(),
    owners: NO_OWNERS,
  })
  shedUnderPressure(app, 500)
  app.get('/sessions', async () => 'here')
  app.get('/livez', async () => 'alive')
  await app.ready()
  try {
    expect((await app.inject('/sessions')).statusCode).toBe(200)
    for (let tries = 0; tries < 20 && (await app.inject('/sessions')).statusCode === 200; tries++) {
      block(700)
      await sleep(400)
    }
    const refused = await app.inject('/sessions')
    expect(refused.statusCode).toBe(503)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(refused.json()).toMatchObject({ error: { code: 'overloaded', retryable: true } })
    expect((await app.inject('/livez')).statusCode).toBe(200)
    for (let tries = 0; tries < 20 && (await app.inject('/sessions')).statusCode !== 200; tries++) await sleep(400)
    expect((await app.inject('/sessions')).statusCode).toBe(200)
  } finally {
    await app.close()
  }
})
