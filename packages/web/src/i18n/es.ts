import { app } from './es/app.ts'
import { list } from './es/list.ts'
import { live } from './es/live.ts'
import { pair } from './es/pair.ts'
import { report } from './es/report.ts'
import { session } from './es/session.ts'
import { system } from './es/system.ts'
import { voices } from './es/voices.ts'

/** Every text of the app, a file for each page. English must have the same keys. `{x}` is filled in. */
export const es = { ...app, ...live, ...list, ...session, ...report, ...system, ...pair, ...voices }
