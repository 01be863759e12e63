import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { type App, openApp } from '../../src/app.ts'
import { type ConfigInput, ConfigSchema } from '../../src/config/schema.ts'

/** A real server on a free loopback port with a data folder of its own, gone when disposed. */
export async function startTestServer(config: ConfigInput = {}): Promise<App & { dataDir: string }> {
  const dataDir = config.dataDir ?? (await mkdtemp(path.join(os.tmpdir(), 'vigia-test-')))
  const app = await openApp(ConfigSchema.parse({ port: 0, profile: 'embedded', ...config, dataDir }), {
    log: pino({ level: process.env.VIGIA_TEST_LOG ?? 'silent' }),
  })
  return Object.assign(Object.create(app) as App, {
    dataDir,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      if (config.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  })
}
