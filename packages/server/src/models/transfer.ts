import { constants } from 'node:fs'
import { copyFile, cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import type { ModelEntry, ModelFile } from './manifest.ts'
import { type PullOptions, pullModel } from './pull.ts'
import { type ModelStore, RECEIPT, type Receipt, sha256Of } from './store.ts'

/** Models between machines without a network: export on one, import on the other. */

/** Copies installed models into a folder. @throws VigiaError `model_not_found`, `model_invalid` */
export async function exportModels(store: ModelStore, ids: readonly string[], to: string): Promise<void> {
  for (const id of ids) {
    const { dir } = await store.find(id)
    const target = path.join(to, id)
    await rm(target, { recursive: true, force: true })
    await mkdir(target, { recursive: true })
    await cp(dir, target, { recursive: true, mode: constants.COPYFILE_FICLONE })
  }
}

export interface Imported {
  id: string
  /** `export`: a folder that Vigía wrote; `files`: files by their names in the catalogue. */
  from: 'export' | 'files'
}

/**
 * Takes what a folder holds: exports of Vigía, and files that lie there (or one folder down) under the names that the
 * catalogue has for them. Every byte is checked; what fails is told and not taken.
 */
export async function importModels(
  store: ModelStore,
  from: string,
  options: Pick<PullOptions, 'accept' | 'hub' | 'allowUnverified'>,
): Promise<{ imported: Imported[]; refused: { id: string; error: unknown }[] }> {
  const imported: Imported[] = []
  const refused: { id: string; error: unknown }[] = []
  const names = await listFiles(from)
  for (const entry of await store.entries()) {
    if (entry.source.kind === 'local' || (await store.status(entry)) === 'installed') continue
    try {
      if (await importExport(store, entry, path.join(from, entry.id), options)) imported.push({ id: entry.id, from: 'export' })
      else if (await importFiles(store, entry, names, options)) imported.push({ id: entry.id, from: 'files' })
    } catch (error) {
      refused.push({ id: entry.id, error })
    }
  }
  for (const id of await localFolders(from)) {
    await cp(path.join(from, id), store.folderOf(id), { recursive: true })
    imported.push({ id, from: 'export' })
  }
  return { imported, refused }
}

async function importExport(
  store: ModelStore,
  entry: ModelEntry,
  folder: string,
  { accept }: Pick<PullOptions, 'accept'>,
): Promise<boolean> {
  if (!(await stat(path.join(folder, RECEIPT)).catch(() => null))) return false
  const partial = store.partialOf(entry.id)
  await rm(partial, { recursive: true, force: true })
  await mkdir(path.dirname(partial), { recursive: true })
  await cp(folder, partial, { recursive: true, mode: constants.COPYFILE_FICLONE })
  try {
    const receipt = await checkedReceipt(entry, partial)
    const accepted = receipt.accepted || accept === true || (Array.isArray(accept) && accept.includes(entry.id))
    if (!entry.license.commercial && !accepted)
      throw new VigiaError('model_license', `"${entry.title}" is under ${entry.license.name}, which limits its use.`, {
        hint: 'Read it; then import again with --accept-license.',
      })
    await store.install({ ...receipt, accepted }, partial)
    return true
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** The receipt, when every file has the checksum it states and the catalogue agrees. @throws VigiaError `model_invalid` */
async function checkedReceipt(entry: ModelEntry, folder: string): Promise<Receipt> {
  const receipt = JSON.parse(await readFile(path.join(folder, RECEIPT), 'utf8')) as Receipt
  for (const file of receipt.files) {
    const published = entry.files.find((known) => !known.unpack && (known.saveAs ?? known.path) === file.path)?.sha256
    const actual = await sha256Of(path.join(folder, path.normalize(file.path).replace(/^(\.\.[/\\])+/, '')))
    if (actual === file.sha256 && (!published || published === actual)) continue
    throw new VigiaError('model_invalid', `${entry.id}/${file.path} is damaged: its checksum is wrong.`, {
      hint: 'Copy the export again.',
    })
  }
  return receipt
}

async function importFiles(
  store: ModelStore,
  entry: ModelEntry,
  names: ReadonlyMap<string, string[]>,
  options: Pick<PullOptions, 'accept' | 'hub' | 'allowUnverified'>,
): Promise<boolean> {
  if (entry.files.some((file) => file.sha256 === null)) return false
  const partial = store.partialOf(entry.id)
  const found = await Promise.all(entry.files.map((file) => matching(file, names)))
  if (found.some((file) => file === null)) return false
  for (const [index, file] of entry.files.entries()) {
    const target = file.unpack
      ? path.join(path.dirname(partial), path.basename(file.path))
      : path.join(partial, file.saveAs ?? file.path)
    await mkdir(path.dirname(target), { recursive: true })
    await copyFile(found[index]!, target, constants.COPYFILE_FICLONE)
  }
  // Everything lies where a download would have put it: the pull takes it over and fetches nothing.
  return pullModel(store, entry, { ...options, hub: { ...options.hub, offline: true } })
}

async function matching(file: ModelFile, names: ReadonlyMap<string, string[]>): Promise<string | null> {
  for (const candidate of names.get(path.basename(file.path)) ?? []) {
    if (file.bytes !== null && (await stat(candidate)).size !== file.bytes) continue
    if ((await sha256Of(candidate)) === file.sha256) return candidate
  }
  return null
}

/** Files of a folder and of the folders in it, by name. */
async function listFiles(folder: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>()
  const add = async (dir: string, depth: number): Promise<void> => {
    for (const item of await readdir(dir, { withFileTypes: true })) {
      const full = path.join(dir, item.name)
      if (item.isFile()) names.set(item.name, [...(names.get(item.name) ?? []), full])
      else if (item.isDirectory() && depth > 0) await add(full, depth - 1)
    }
  }
  await add(folder, 2)
  return names
}

/** Models of the user's own in an export. */
async function localFolders(folder: string): Promise<string[]> {
  const items = await readdir(folder, { withFileTypes: true })
  const own = await Promise.all(
    items
      .filter((item) => item.isDirectory())
      .map(async ({ name }) => ((await stat(path.join(folder, name, 'model.json')).catch(() => null)) ? [name] : [])),
  )
  return own.flat()
}
