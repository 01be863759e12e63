import { constants } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { type DownloadDeps, type DownloadTarget, download } from './download.ts'
import { fileUrl } from './file-url.ts'
import { findInHfCache } from './hf-cache.ts'
import type { HubSettings } from './hub-settings.ts'
import { lockFile } from './lock.ts'
import { downloadBytes, isPinned, type ModelEntry, type ModelFile } from './manifest.ts'
import { type ModelStore, type Receipt, sha256Of } from './store.ts'
import { unpackArchive } from './unpack/unpack.ts'

/** Brings models to this machine, one after the other, two files at a time. */

export interface PullProgress {
  id: string
  /** Bytes on disk and in all, over the files of this model. */
  done: number
  total: number
}

export interface PullOptions {
  hub: HubSettings
  /** Ids whose licence, which limits commercial use, a person accepted; `true` for all of this call. */
  accept?: readonly string[] | boolean
  /** Take files whose checksum nobody published; what came is recorded. */
  allowUnverified?: boolean
  onProgress?: (progress: PullProgress) => void
  signal?: AbortSignal
  /** For tests: how downloads wait and reach out. */
  download?: Partial<Omit<DownloadDeps, 'hub' | 'signal' | 'onBytes'>>
}

/** Room that stays free beside the files, bytes. */
const RESERVE = 256 * 1024 * 1024
/** An archive and what comes out of it, in archive sizes. */
const ARCHIVE_GROWTH = 3
/** Largest unpacked model, bytes. */
const MAX_UNPACKED = 16 * 1024 ** 3
const FILES_AT_ONCE = 2

/**
 * Fetches what is missing of a model and checks every byte.
 *
 * @returns false when it was there already
 * @throws VigiaError `model_license`, `model_invalid`, `storage_full`, `conflict`, `hub_unreachable`, …; the signal's reason
 */
export async function pullModel(store: ModelStore, entry: ModelEntry, options: PullOptions): Promise<boolean> {
  if ((await store.status(entry)) === 'installed') return false
  const accepted = assertAllowed(entry, options)
  await using _lock = await lockFile(store.lockOf(entry.id))
  const folder = store.partialOf(entry.id)
  await mkdir(folder, { recursive: true })
  await assertRoom(entry, folder)
  const bytes = new Map<ModelFile, { done: number; total: number }>()
  const tell = (file: ModelFile, done: number, total: number): void => {
    bytes.set(file, { done, total })
    const known = entry.files.map((each) => bytes.get(each) ?? { done: 0, total: each.bytes ?? 0 })
    const sum = (key: 'done' | 'total'): number => known.reduce((all, item) => all + item[key], 0)
    options.onProgress?.({ id: entry.id, done: sum('done'), total: Math.max(sum('total'), sum('done')) })
  }
  const files = await inPairs(entry.files, (file) =>
    fetchFile(entry, file, folder, options, (done, total) => tell(file, done, total)),
  )
  const receipt: Receipt = {
    id: entry.id,
    revision: entry.source.kind === 'hf' ? entry.source.revision : entry.source.kind === 'github' ? entry.source.tag : '',
    installedAt: new Date().toISOString(),
    accepted,
    files: files.flat(),
  }
  await assertWhole(entry, folder)
  await store.install(receipt, folder)
  return true
}

/** @returns whether a licence was accepted */
function assertAllowed(entry: ModelEntry, { accept, allowUnverified }: PullOptions): boolean {
  const accepted = accept === true || (Array.isArray(accept) && accept.includes(entry.id))
  if (!entry.license.commercial && !accepted)
    throw new VigiaError('model_license', `"${entry.title}" is under ${entry.license.name}, which limits its use.`, {
      hint: `${entry.license.notes ?? ''} Read ${entry.license.url ?? 'its licence'}; then "vigia models pull ${entry.id} --accept-license".`.trim(),
    })
  if (!isPinned(entry) && !allowUnverified)
    throw new VigiaError('model_invalid', `Nobody published a checksum for every file of "${entry.title}".`, {
      hint: `"vigia models pull ${entry.id} --allow-unverified" takes what comes and records its checksum.`,
    })
  return !entry.license.commercial && accepted
}

async function assertRoom(entry: ModelEntry, folder: string): Promise<void> {
  const here = await Promise.all(
    entry.files.map(async (file) => (await stat(finalPath(folder, file)).catch(() => null))?.size ?? 0),
  )
  const growth = entry.files.reduce((sum, file) => sum + (file.unpack ? (file.bytes ?? 0) * ARCHIVE_GROWTH : 0), 0)
  const needed = downloadBytes(entry) + growth - here.reduce((sum, size) => sum + size, 0) + RESERVE
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= needed) return
  const gib = (value: number): string => `${(value / 1024 ** 3).toFixed(1)} GiB`
  throw new VigiaError('storage_full', `"${entry.title}" needs ${gib(needed)} of disk, ${gib(bavail * bsize)} are free.`, {
    hint: 'Make room ("vigia models rm ID"), or set modelsDir to another disk.',
  })
}

const finalPath = (folder: string, file: ModelFile): string =>
  file.unpack ? path.join(path.dirname(folder), path.basename(file.path)) : path.join(folder, file.saveAs ?? file.path)

async function fetchFile(
  entry: ModelEntry,
  file: ModelFile,
  folder: string,
  { hub, signal, download: deps }: PullOptions,
  onBytes: (done: number, total: number) => void,
): Promise<Receipt['files']> {
  const target = finalPath(folder, file)
  await mkdir(path.dirname(target), { recursive: true })
  const got =
    (await takeOver(entry, file, target, hub)) ?? (await fetchFromHub(entry, file, target, { hub, signal, ...deps }, onBytes))
  onBytes(got.bytes, got.bytes)
  if (!file.unpack) return [{ path: file.saveAs ?? file.path, ...got }]
  const inside = path.join(folder, '.unpacking')
  await rm(inside, { recursive: true, force: true })
  const order = { archive: target, folder: inside, strip: file.unpack.strip, maxBytes: MAX_UNPACKED }
  const files = await unpackArchive(order, signal)
  const listed = await Promise.all(files.map(async (item) => ({ ...item, sha256: await sha256Of(path.join(inside, item.path)) })))
  await rm(target, { force: true })
  await moveUp(inside, folder)
  return listed
}

/** What is here already: an earlier run's whole file, or one that other tools fetched. */
async function takeOver(entry: ModelEntry, file: ModelFile, target: string, hub: HubSettings) {
  const cached = await findInHfCache(entry, file, hub.hfCacheDir)
  for (const found of [target, cached]) {
    const info = found ? await stat(found).catch(() => null) : null
    if (!found || !info?.isFile() || file.sha256 === null) continue
    if (file.bytes !== null && info.size !== file.bytes) continue
    if ((await sha256Of(found)) !== file.sha256) continue
    if (found !== target) await placeCopy(found, target)
    return { bytes: info.size, sha256: file.sha256 }
  }
  return null
}

async function placeCopy(from: string, to: string): Promise<void> {
  await rm(to, { force: true })
  // One disk: the same file under a second name costs nothing.
  await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE))
}

function fetchFromHub(
  entry: ModelEntry,
  file: ModelFile,
  target: string,
  deps: DownloadDeps,
  onBytes: (done: number, total: number) => void,
) {
  if (deps.hub.offline)
    throw new VigiaError('hub_unreachable', `"${entry.title}" is not here, and HF_HUB_OFFLINE forbids fetching it.`, {
      hint: 'Bring it with "vigia models import DIR".',
    })
  const want: DownloadTarget = { url: fileUrl(entry, file, deps.hub), file: target, bytes: file.bytes, sha256: file.sha256 }
  return download(want, { ...deps, onBytes: (done, total) => onBytes(done, total ?? file.bytes ?? done) })
}

async function moveUp(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    await rm(path.join(to, name), { recursive: true, force: true })
    await rename(path.join(from, name), path.join(to, name))
  }
  await rm(from, { recursive: true, force: true })
}

async function assertWhole(entry: ModelEntry, folder: string): Promise<void> {
  for (const [name, file] of Object.entries(entry.parts)) {
    if (await stat(path.join(folder, file)).catch(() => null)) continue
    throw new VigiaError('model_invalid', `"${entry.title}" came without its ${name} (${file}).`, {
      hint: 'The publisher changed the archive; the catalogue must be corrected.',
    })
  }
}

/** Two at a time, results in order. */
async function inPairs<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, worker))
  return results
}
