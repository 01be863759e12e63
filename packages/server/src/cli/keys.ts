import { KeyFile } from '../access/key-file.ts'
import { addKey, isActive, revokeKey, type StoredKey } from '../access/keys.ts'
import { parseScopes } from '../access/scopes.ts'
import { configOf, parseFlags } from './flags.ts'

/** `vigia keys`: who may use this server. Works while the server runs, which sees the change. */

const HELP = `vigia keys create [NAME] [--scopes live,read,admin] [--days N] [--no-store]
vigia keys list [--json]
vigia keys revoke ID

  create   makes a key and shows it once
  list     keys by id, never the keys themselves
  revoke   ends a key and the sockets that it opened, within seconds

  --scopes   live: sessions and photos; read: what is stored of its own; admin: everything [live,read,admin]
  --days     the key ends after this many days
  --no-store nothing that its holder sends is kept: for the Gemini, OpenAI and Deepgram APIs; the native one refuses it`

const DAY_MS = 86_400_000

export async function keys(argv: string[]): Promise<number> {
  const own = {
    scopes: { type: 'string' },
    days: { type: 'string' },
    json: { type: 'boolean' },
    store: { type: 'boolean' },
  } as const
  const flags = parseFlags(argv, own)
  const [command, argument] = flags.positionals
  if (flags.own.help || command === undefined) {
    console.log(HELP)
    return flags.own.help ? 0 : 2
  }
  const file = new KeyFile(configOf(flags.settings).config.dataDir)
  switch (command) {
    case 'create':
      return create(file, argument ?? 'key', flags.own)
    case 'list':
      return list(file, flags.own.json === true)
    case 'revoke':
      return revoke(file, argument)
    default:
      console.error(`vigia keys: there is no "${command}".\n\n${HELP}`)
      return 2
  }
}

function create(file: KeyFile, name: string, own: Record<string, string | boolean | undefined>): number {
  const days = own.days === undefined ? null : Number(own.days)
  if (days !== null && !(days > 0)) {
    console.error('vigia keys: expected --days to be a number above 0.')
    return 2
  }
  const scopes = typeof own.scopes === 'string' ? parseScopes(own.scopes) : undefined
  let shown = ''
  file.change((ring) => {
    const now = Date.now()
    const expiresAt = days === null ? null : new Date(now + days * DAY_MS).toISOString()
    const made = addKey(ring, { name, scopes, expiresAt, keep: own.store !== false }, new Date(now).toISOString())
    const stores = made.stored.keep === false ? ' Nothing that it sends is kept.' : ''
    shown = `${made.key}\n\nKey ${made.stored.id} (${name}): ${made.stored.scopes.join(', ')}.${stores} It is not shown again.`
    return made.ring
  })
  console.log(shown)
  return 0
}

function list(file: KeyFile, json: boolean): number {
  const all = file.read()?.keys ?? []
  if (json)
    console.log(
      JSON.stringify(
        all.map(({ hash: _, ...key }) => key),
        null,
        2,
      ),
    )
  else if (all.length === 0) console.log('There is no key: the server is open on this machine and closed to others.')
  else for (const key of all) console.log(line(key))
  return 0
}

function line(key: StoredKey): string {
  const state = isActive(key, new Date().toISOString()) ? 'active ' : key.revokedAt ? 'revoked' : 'expired'
  const stores = key.keep === false ? ['keeps nothing'] : []
  return [key.id, state, key.scopes.join(',').padEnd(15), key.createdAt.slice(0, 10), key.name, ...stores].join('  ')
}

function revoke(file: KeyFile, id: string | undefined): number {
  if (id === undefined) {
    console.error('vigia keys: expected the id of a key; "vigia keys list" shows them.')
    return 2
  }
  if (file.read() === null) return revokeNothing(id)
  file.change((ring) => revokeKey(ring, id, new Date().toISOString()))
  console.log(`Key ${id} is revoked.`)
  return 0
}

function revokeNothing(id: string): number {
  console.error(`vigia: There is no key "${id}".`)
  return 1
}
