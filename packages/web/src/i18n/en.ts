import { app } from './en/app.ts'
import { list } from './en/list.ts'
import { live } from './en/live.ts'
import { pair } from './en/pair.ts'
import { report } from './en/report.ts'
import { session } from './en/session.ts'
import { system } from './en/system.ts'
import { voices } from './en/voices.ts'
import type { es } from './es.ts'

export const en: Record<keyof typeof es, string> = {
  ...app,
  ...live,
  ...list,
  ...session,
  ...report,
  ...system,
  ...pair,
  ...voices,
}
