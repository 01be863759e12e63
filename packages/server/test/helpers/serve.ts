import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { ConfigSchema } from '../../src/config/schema.ts'

/** A server process for tests that kill it: `node serve.ts DATA_DIR [PORT [SETTINGS_JSON]]` prints its URL. */
const settings = JSON.parse(process.argv[4] ?? '{}') as object
const app = await openApp(
  ConfigSchema.parse({ port: Number(process.argv[3] ?? 0), profile: 'embedded', dataDir: process.argv[2], ...settings }),
  {
    log: pino({ level: 'silent' }),
  },
)
process.stdout.write(`${app.url}\n`)
