import { VigiaError } from '@vigia/protocol'
import { backup as makeBackup } from '../store/sqlite/backup/backup.ts'
import { restore as putBack, verifyBackup } from '../store/sqlite/backup/restore.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import { VERSION } from '../version.ts'
import { masterKeyOf } from './encryption.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia backup` and `vigia restore`. */

const BACKUP_HELP = `vigia backup FOLDER [--data-dir DIR]

Copies database, recordings and photos into a new folder, while a server may be running. Models are left out.
The folder holds what people said and showed, and keys where there are any: keep it as you keep the data directory.
That of an encrypted data directory is encrypted with the same key (store.keyFile), which is not in it.

  --data-dir DIR  what is backed up [./data]`

const RESTORE_HELP = `vigia restore FOLDER [--data-dir DIR] [--check]

Verifies every file of a backup, copies it to a new data directory, and brings its database to this version.

  --data-dir DIR  where to; must be empty or not exist [./data]
  --check         only verify the backup`

export async function backup(argv: string[]): Promise<number> {
  const { own, settings, positionals } = parseFlags(argv)
  if (own.help) {
    console.log(BACKUP_HELP)
    return 0
  }
  const to = onlyFolder(positionals)
  const { config } = configOf(settings)
  const begin = performance.now()
  const key = await masterKeyOf(config)
  const at = new Date().toISOString()
  const manifest = await makeBackup({ dataDir: config.dataDir, to, version: VERSION, createdAt: at, key })
  console.log(`${summary(manifest)} in ${to} (${((performance.now() - begin) / 1000).toFixed(1)} s)`)
  return 0
}

export async function restore(argv: string[]): Promise<number> {
  const { own, settings, positionals } = parseFlags(argv, { check: { type: 'boolean' } })
  if (own.help) {
    console.log(RESTORE_HELP)
    return 0
  }
  const from = onlyFolder(positionals)
  const { config } = configOf(settings)
  if (own.check) {
    console.log(`${summary(await verifyBackup(from))}: all as they were backed up`)
    return 0
  }
  const key = await masterKeyOf(config)
  const manifest = await putBack({ from, dataDir: config.dataDir, key })
  // opened once: a schema of an older version is brought to this one now, not at the next start
  await (await openSqliteStore({ dataDir: config.dataDir, key }))[Symbol.asyncDispose]()
  console.log(`${summary(manifest)}, of ${manifest.createdAt}, restored to ${config.dataDir}`)
  return 0
}

function onlyFolder(positionals: readonly string[]): string {
  if (positionals.length === 1) return positionals[0]!
  throw new VigiaError('invalid_request', `Expected one folder, got ${positionals.length}.`, { hint: 'See --help.' })
}

const summary = ({ sessions, files }: { sessions: number; files: readonly { bytes: number }[] }): string =>
  `${sessions} ${sessions === 1 ? 'session' : 'sessions'}, ${files.length} files, ${(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)} MB`
