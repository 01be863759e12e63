import { monitorEventLoopDelay } from 'node:perf_hooks'
import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'

/** Sheds HTTP requests while the event loop lags; live sockets are governed by tiers, operations are always answered. */

/** The delay is looked at over this time. */
const LOOK_MS = 1000
const ALWAYS_ANSWERED = new Set(['/livez', '/readyz', '/metrics', '/ws/audio'])

/** @param maxDelayMs - the longest delay of the last second above which requests get 503 */
export function shedUnderPressure(app: FastifyInstance, maxDelayMs: number): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let lastDelayMs = 0
  const timer = setInterval(() => {
    lastDelayMs = delay.max / 1e6
    delay.reset()
  }, LOOK_MS)
  timer.unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    delay.disable()
  })
  app.addHook('onRequest', async (request) => {
    const path = request.url.split('?', 1)[0]!
    if (lastDelayMs <= maxDelayMs || ALWAYS_ANSWERED.has(path) || request.headers.upgrade !== undefined) return
    throw new VigiaError('overloaded', 'The server is too busy to answer requests.', {
      hint: 'Try again in a few seconds; live sessions go on.',
    })
  })
}
