import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { type App, type AppOptions, openApp } from '../../src/app.ts'
import { type ConfigInput, ConfigSchema } from '../../src/config/schema.ts'

/**
 * A real server on a free loopback port with a data folder of its own, gone when disposed.
 *
 * @param options - `wrapEngines` puts stand-ins in the place of engines; `log` takes the log
 */
export async function startTestServer(
  config: ConfigInput = {},
  options: Partial<AppOptions> = {},
): Promise<App & { dataDir: string }> {
  const dataDir = config.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'vigia-test-')))
  const app = await openApp(
    ConfigSchema.parse({
      port: 0,
      profile: 'embedded',
      ...config,
      // a loaded machine that runs the tests is no reason to refuse them
      overload: { maxEventLoopDelayMs: 60_000, ...config.overload },
      session: { drainMs: 0, ...config.session },
      dataDir,
    }),
    {
      log: pino({ level: process.env.VIGIA_TEST_LOG ?? 'silent' }),
      ...options,
    },
  )
  return Object.assign(Object.create(app) as App, {
    dataDir,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      if (config.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  })
}
