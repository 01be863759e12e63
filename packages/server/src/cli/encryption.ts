import { resolve } from 'node:path'
import type { Config } from '../config/schema.ts'
import { createKeyFile, readKeyFile, readMasterKey } from '../store/sqlite/encryption/master-key.ts'
import { migrateDirectory } from '../store/sqlite/encryption/migrate.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia encryption`: the key of an encrypted data directory, and directories that change. */

const HELP = `vigia encryption create-key FILE
vigia encryption encrypt [--data-dir DIR] --store.key-file FILE
vigia encryption decrypt [--data-dir DIR] --store.key-file FILE
vigia encryption change-key NEW_FILE [--data-dir DIR] --store.key-file FILE

  create-key  writes a new key of 32 random bytes to a new file that only you can read
  encrypt     encrypts a data directory; the server must be stopped
  decrypt     the way back
  change-key  encrypts with another key

A new, empty data directory is encrypted from the start where store.key-file is set (VIGIA_STORE_KEY_FILE).
The old directory stays beside the new one with ".old" behind its name: remove it when the new one is in use.

WITHOUT THE KEY NOBODY CAN READ THE DATA, NOR ITS BACKUPS. Keep a copy of the file on paper or another device,
and not on the disk that it protects.`

/** The key that the configuration names; null where there is none. Others who can read it are told of. */
export async function masterKeyOf({ store }: Config): Promise<Buffer | null> {
  return await readMasterKey(store.keyFile, (path) => console.error(`vigia: others can read the key file ${path}: chmod 600.`))
}

export async function encryption(argv: string[]): Promise<number> {
  const { own, settings, positionals } = parseFlags(argv)
  const [command, file] = positionals
  if (own.help || command === undefined) {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  if (command === 'create-key' && file !== undefined) return await createKey(file)
  const { config } = configOf(settings)
  const key = await masterKeyOf(config)
  if (key === null && ['encrypt', 'decrypt', 'change-key'].includes(command)) {
    console.error('vigia encryption: expected --store.key-file, or VIGIA_STORE_KEY_FILE.')
    return 2
  }
  if (command === 'encrypt') return await migrate(config.dataDir, null, key)
  if (command === 'decrypt') return await migrate(config.dataDir, key, null)
  if (command === 'change-key' && file !== undefined) return await migrate(config.dataDir, key, (await readKeyFile(file)).key)
  console.error(`vigia encryption: there is no "${positionals.join(' ')}".\n\n${HELP}`)
  return 2
}

async function createKey(file: string): Promise<number> {
  await createKeyFile(file)
  console.log(`${resolve(file)} holds the new key.

WITHOUT IT NOBODY CAN READ THE DATA, NOR ITS BACKUPS. Keep a copy elsewhere, and not on the disk that it protects.
Use it with VIGIA_STORE_KEY_FILE=${resolve(file)}, or store.keyFile in vigia.yaml.`)
  return 0
}

async function migrate(dataDir: string, from: Uint8Array | null, to: Uint8Array | null): Promise<number> {
  const { old, files } = await migrateDirectory({ dataDir, from, to })
  console.log(`${dataDir} is ${to ? 'encrypted' : 'no longer encrypted'} (${files} files).
What it was before lies in ${old}. Remove it when the new one is in use; on a disk that held it, traces may remain.`)
  return 0
}
