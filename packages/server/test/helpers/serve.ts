import { pino } from 'pino'
import { openApp } from '../../src/app.ts'
import { ConfigSchema } from '../../src/config/schema.ts'

/** A server process for tests that kill it: `node serve.ts DATA_DIR [PORT]` prints its URL. */
const app = await openApp(
  ConfigSchema.parse({ port: Number(process.argv[3] ?? 0), profile: 'embedded', dataDir: process.argv[2] }),
  {
    log: pino({ level: 'silent' }),
  },
)
process.stdout.write(`${app.url}\n`)
