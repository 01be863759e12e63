import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../std/clock.ts'
import { Access } from './access.ts'
import { KeyFile } from './key-file.ts'

/** An open server's access, for tests of routes that are about something else. */
export const openAccess = (): Access =>
  new Access({
    keys: new KeyFile(join(tmpdir(), 'vigia-no-such-folder')),
    clock: systemClock,
    mode: 'open',
    loopback: true,
    rules: { origins: [], hosts: [], https: false },
    rates: { requests: FAST, sessions: FAST, photos: FAST },
  })

/** For a server whose callers see everything. */
export const NO_OWNERS = { session: async () => undefined, frame: async () => undefined }

const FAST = { burst: 1e9, perSecond: 1e9 }
