import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { readMachine } from '../engines/machine.ts'
import { PROFILE_LIST, type ProfileName } from '../engines/profiles/list.ts'
import { modelsOfProfile, resolveProfile } from '../engines/profiles.ts'
import { modelsDirOf } from '../models/folder.ts'
import { hubSettings } from '../models/hub-settings.ts'
import { downloadBytes, isPinned, type ModelEntry } from '../models/manifest.ts'
import { Speedometer } from '../models/progress.ts'
import { type PullProgress, pullModel } from '../models/pull.ts'
import { ModelStore } from '../models/store.ts'
import { exportModels, importModels } from '../models/transfer.ts'
import { bytesText } from '../std/bytes-text.ts'
import { configOf, parseFlags } from './flags.ts'
import { durationText, table } from './tables.ts'

/** `vigia models`: what there is, what is here, bringing it, taking it away. */

const HELP = `vigia models COMMAND [options]

  list                     every model: what it is for, size, licence, whether it is here
  pull [PROFILE | ID]…     fetch a profile's models, or single ones; goes on where it stopped
  export DIR [ID]…         copy models that are here into a folder, for a machine without a network
  import DIR               take models from such a folder, or files by their names; every byte is checked
  verify [ID]…             read every byte again and compare the checksums
  rm ID…                   remove from this machine

  --accept-license         accept the licences, named in the list, that limit commercial use
  --allow-unverified       take files whose checksum nobody published; what came is recorded
  --json                   list as JSON
  --models-dir DIR         where models are kept

HF_ENDPOINT names a mirror, HF_TOKEN opens gated models, HF_HUB_OFFLINE=1 forbids the network.`

interface Options {
  accept: boolean
  allowUnverified: boolean
  json: boolean
}

export async function models(argv: string[]): Promise<number> {
  const { own, settings, positionals } = parseFlags(argv, {
    'accept-license': { type: 'boolean' },
    'allow-unverified': { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const [command, ...names] = positionals
  const run = command === undefined ? undefined : COMMANDS[command]
  if (own.help || !run) {
    console.log(HELP)
    return own.help ? 0 : 2
  }
  const { config } = configOf(settings)
  const store = new ModelStore(modelsDirOf(config))
  const options = {
    accept: own['accept-license'] === true,
    allowUnverified: own['allow-unverified'] === true,
    json: own.json === true,
  }
  return run(store, names, options, config.profile)
}

type Run = (store: ModelStore, names: string[], options: Options, profile: ProfileName | 'auto') => Promise<number>

const COMMANDS: Readonly<Record<string, Run>> = { list, pull, export: exportAll, import: importAll, verify, rm }

async function list(store: ModelStore, _names: string[], { json }: Options): Promise<number> {
  const entries = await store.entries()
  const rows = await Promise.all(entries.map(async (entry) => ({ entry, status: await store.status(entry) })))
  if (json) {
    const facts = rows.map(({ entry, status }) => ({ ...entry, status }))
    console.log(JSON.stringify(facts, null, 2))
    return 0
  }
  const cells = rows.map(({ entry, status }) => [
    entry.id,
    entry.role,
    downloadBytes(entry) > 0 ? bytesText(downloadBytes(entry)) : '?',
    `${entry.license.name}${entry.license.commercial ? '' : ' (limited)'}`,
    `${status}${isPinned(entry) || entry.source.kind === 'local' ? '' : ' (no checksum)'}`,
  ])
  console.log(table(['model', 'for', 'size', 'licence', 'state'], cells))
  for (const error of await store.localErrors()) console.error(`vigia: ${error}`)
  return 0
}

async function pull(
  store: ModelStore,
  names: string[],
  { accept, allowUnverified }: Options,
  profile: ProfileName | 'auto',
): Promise<number> {
  const machine = await readMachine(store.dir)
  const wanted = names.length > 0 ? names : [resolveProfile(profile, machine)]
  const ids = wanted.flatMap((name) =>
    name === 'auto' || Object.hasOwn(PROFILE_LIST, name) ? modelsOfProfile(resolveProfile(name as ProfileName, machine)) : [name],
  )
  if (ids.length === 0) console.log(`The profile ${wanted.join(', ')} needs no models.`)
  const entries = await Promise.all([...new Set(ids)].map((id) => store.entry(id)))
  const abort = new AbortController()
  const stop = (): void => abort.abort(new VigiaError('aborted', 'Stopped. Run the same command to go on.'))
  process.once('SIGINT', stop)
  let failed = 0
  try {
    for (const entry of entries) failed += (await pullOne(store, entry, { accept, allowUnverified }, abort.signal)) ? 0 : 1
  } finally {
    process.off('SIGINT', stop)
  }
  return failed > 0 ? 1 : 0
}

async function pullOne(
  store: ModelStore,
  entry: ModelEntry,
  options: { accept: boolean; allowUnverified: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const line = new ProgressLine(entry.id)
  try {
    const fetched = await pullModel(store, entry, {
      hub: hubSettings(),
      ...options,
      signal,
      onProgress: (progress) => line.show(progress),
    })
    line.end(
      fetched ? `fetched, ${entry.license.name}${entry.license.attribution ? `: ${entry.license.attribution}` : ''}` : 'is here',
    )
    return true
  } catch (error) {
    if (signal.aborted || !VigiaError.is(error)) throw error
    line.end(`failed: ${error.message}${error.hint ? `\n    ${error.hint}` : ''}`)
    return false
  }
}

/** One line that is written over on a terminal, and twice a minute elsewhere. */
class ProgressLine {
  readonly #id: string
  readonly #meter = new Speedometer()
  readonly #terminal = process.stderr.isTTY
  #shownMs = 0

  constructor(id: string) {
    this.#id = id
  }

  show({ done, total }: PullProgress): void {
    const nowMs = performance.now()
    const { bytesPerSecond, leftMs } = this.#meter.update(done, total, nowMs)
    if (nowMs - this.#shownMs < (this.#terminal ? 200 : 30_000)) return
    this.#shownMs = nowMs
    const left = leftMs === null ? '' : `, ${durationText(leftMs)} left`
    const text = `${this.#id}: ${bytesText(done)} of ${bytesText(total)}, ${bytesText(bytesPerSecond)}/s${left}`
    process.stderr.write(this.#terminal ? `\r\x1b[K${text}` : `${text}\n`)
  }

  end(text: string): void {
    if (this.#terminal) process.stderr.write('\r\x1b[K')
    console.log(`${this.#id}: ${text}`)
  }
}

async function exportAll(store: ModelStore, [dir, ...ids]: string[]): Promise<number> {
  if (!dir) return usage('export needs a folder')
  const here = ids.length > 0 ? ids : await installedIds(store)
  await exportModels(store, here, path.resolve(dir))
  console.log(here.length > 0 ? `Exported: ${here.join(', ')}.` : 'No models are here.')
  return 0
}

async function importAll(store: ModelStore, [dir]: string[], { accept, allowUnverified }: Options): Promise<number> {
  if (!dir) return usage('import needs a folder')
  const { imported, refused } = await importModels(store, path.resolve(dir), { accept, allowUnverified, hub: hubSettings() })
  console.log(
    imported.length > 0
      ? `Imported: ${imported.map(({ id }) => id).join(', ')}.`
      : 'Nothing in that folder is a model that is missing here.',
  )
  for (const { id, error } of refused) {
    const { message, hint } = VigiaError.is(error) ? error : { message: (error as Error).message, hint: undefined }
    console.error(`vigia: ${id}: ${message}${hint ? ` ${hint}` : ''}`)
  }
  return refused.length > 0 ? 1 : 0
}

async function verify(store: ModelStore, ids: string[]): Promise<number> {
  let damaged = 0
  for (const id of ids.length > 0 ? ids : await installedIds(store)) {
    const wrong = await store.verify(await store.entry(id))
    if (wrong.length > 0) damaged += 1
    console.log(
      `${id}: ${wrong.length === 0 ? 'every byte is right' : `damaged: ${wrong.join(', ')}. Run "vigia models rm ${id}" and pull it again.`}`,
    )
  }
  return damaged > 0 ? 1 : 0
}

async function rm(store: ModelStore, ids: string[]): Promise<number> {
  if (ids.length === 0) return usage('rm needs a model')
  for (const id of ids) {
    await store.entry(id)
    await store.remove(id)
    console.log(`${id}: removed`)
  }
  return 0
}

async function installedIds(store: ModelStore): Promise<string[]> {
  const entries = await store.entries()
  const states = await Promise.all(entries.map((entry) => store.status(entry)))
  return entries.filter((_, index) => states[index] !== 'missing' && states[index] !== 'partial').map(({ id }) => id)
}

function usage(what: string): number {
  console.error(`vigia models: ${what}.\n\n${HELP}`)
  return 2
}
