import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { CATALOGUE } from './catalogue.ts'
import { ModelEntry } from './manifest.ts'

/**
 * The models on this machine: one folder each, with `installed.json` as its receipt. A folder appears by one rename when
 * all its files are whole. A folder with a `model.json` instead is a model of the user's own.
 */

/** What lies in a model folder, as it was checked when it came. */
export interface Receipt {
  id: string
  revision: string
  installedAt: string
  /** True when a person accepted a licence that limits commercial use. */
  accepted: boolean
  files: { path: string; bytes: number; sha256: string }[]
}

export interface InstalledModel {
  entry: ModelEntry
  dir: string
  /** Absolute paths of what the engine needs, by name. */
  parts: Readonly<Record<string, string>>
  /** Size and checksum by absolute path, as the receipt has them. */
  expected: Readonly<Record<string, { bytes: number; sha256?: string }>>
}

export type ModelStatus = 'installed' | 'damaged' | 'partial' | 'missing'

export const RECEIPT = 'installed.json'
export const LOCAL_ENTRY = 'model.json'

export class ModelStore {
  readonly dir: string
  readonly #builtIn: readonly ModelEntry[]

  /** @param dir - folder of the models; made when the first one comes */
  constructor(dir: string, catalogue: readonly ModelEntry[] = CATALOGUE) {
    this.dir = path.resolve(dir)
    this.#builtIn = catalogue
  }

  folderOf(id: string): string {
    return path.join(this.dir, id)
  }

  partialOf(id: string): string {
    return path.join(this.dir, '.partial', id)
  }

  lockOf(id: string): string {
    return path.join(this.dir, '.locks', `${id}.lock`)
  }

  /** The catalogue, then the user's own models. A `model.json` that is wrong is left out; {@link localErrors} says why. */
  async entries(): Promise<ModelEntry[]> {
    const { entries } = await this.#local()
    return [...this.#builtIn, ...entries]
  }

  async localErrors(): Promise<string[]> {
    return (await this.#local()).errors
  }

  /** @throws VigiaError `model_not_found` */
  async entry(id: string): Promise<ModelEntry> {
    const found = (await this.entries()).find((entry) => entry.id === id)
    if (found) return found
    throw new VigiaError('model_not_found', `There is no model "${id}".`, {
      hint: '"vigia models list" shows all; docs/bring-your-own-model.md tells how to add one.',
    })
  }

  async status(entry: ModelEntry): Promise<ModelStatus> {
    if (entry.source.kind === 'local') return (await this.#missingParts(entry)).length === 0 ? 'installed' : 'damaged'
    const receipt = await this.receipt(entry.id)
    if (!receipt) return (await exists(this.partialOf(entry.id))) ? 'partial' : 'missing'
    for (const file of receipt.files) {
      const info = await stat(path.join(this.folderOf(entry.id), file.path)).catch(() => null)
      if (info?.size !== file.bytes) return 'damaged'
    }
    return (await this.#missingParts(entry)).length === 0 ? 'installed' : 'damaged'
  }

  /**
   * An installed model, ready to be loaded.
   *
   * @throws VigiaError `model_not_found`, `model_invalid`
   */
  async find(id: string): Promise<InstalledModel> {
    const entry = await this.entry(id)
    const status = await this.status(entry)
    const pull = { hint: `Run "vigia models pull ${id}".` }
    if (status === 'damaged') throw new VigiaError('model_invalid', `Model "${id}" is damaged or incomplete.`, pull)
    if (status !== 'installed') throw new VigiaError('model_not_found', `Model "${id}" is not installed.`, pull)
    const dir = this.folderOf(id)
    const receipt = await this.receipt(id)
    const files = receipt?.files ?? []
    return {
      entry,
      dir,
      parts: Object.fromEntries(Object.entries(entry.parts).map(([name, file]) => [name, path.join(dir, file)])),
      expected: Object.fromEntries(files.map(({ path: file, ...check }) => [path.join(dir, file), check])),
    }
  }

  async receipt(id: string): Promise<Receipt | null> {
    const text = await readFile(path.join(this.folderOf(id), RECEIPT), 'utf8').catch(() => null)
    try {
      return text === null ? null : (JSON.parse(text) as Receipt)
    } catch {
      return null
    }
  }

  /** Makes a finished folder the model, in place of an older one, and tells those who watch. */
  async install(receipt: Receipt, folder: string): Promise<void> {
    await writeFile(path.join(folder, RECEIPT), `${JSON.stringify(receipt, null, 2)}\n`, { flush: true })
    const old = `${this.folderOf(receipt.id)}.old`
    await rm(old, { recursive: true, force: true })
    await rename(this.folderOf(receipt.id), old).catch(() => {})
    await rename(folder, this.folderOf(receipt.id))
    await rm(old, { recursive: true, force: true })
    await this.#touch()
  }

  async remove(id: string): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true })
    await rm(this.partialOf(id), { recursive: true, force: true })
    await this.#touch()
  }

  /** Reads every byte again. @returns paths whose checksum is wrong */
  async verify(entry: ModelEntry): Promise<string[]> {
    const missing = await this.#missingParts(entry)
    const receipt = await this.receipt(entry.id)
    const wrong = await Promise.all(
      (receipt?.files ?? []).map(async (file) => {
        const actual = await sha256Of(path.join(this.folderOf(entry.id), file.path)).catch(() => null)
        return actual === file.sha256 ? [] : [file.path]
      }),
    )
    return [...new Set([...missing, ...wrong.flat()])]
  }

  /** Changes each time a model comes or goes; cheap to ask. */
  async version(): Promise<string> {
    const info = await stat(path.join(this.dir, '.changed')).catch(() => null)
    return String(info?.mtimeMs ?? 0)
  }

  async #touch(): Promise<void> {
    const file = path.join(this.dir, '.changed')
    const before = Number(await this.version())
    await writeFile(file, '')
    const now = new Date(Math.max(Date.now(), before + 10))
    await utimes(file, now, now)
  }

  async #missingParts(entry: ModelEntry): Promise<string[]> {
    const files = Object.values(entry.parts)
    const there = await Promise.all(files.map((file) => exists(path.join(this.folderOf(entry.id), file))))
    return files.filter((_, index) => !there[index])
  }

  async #local(): Promise<{ entries: ModelEntry[]; errors: string[] }> {
    const folders = await readdir(this.dir, { withFileTypes: true }).catch(() => [])
    const entries: ModelEntry[] = []
    const errors: string[] = []
    for (const folder of folders.filter((item) => item.isDirectory() && !item.name.startsWith('.'))) {
      const file = path.join(this.dir, folder.name, LOCAL_ENTRY)
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text === null) continue
      const found = parseLocal(text, folder.name)
      if (typeof found === 'string') errors.push(`${file}: ${found}`)
      else entries.push(found)
    }
    return { entries, errors }
  }
}

/** The entry, or what is wrong with it. */
function parseLocal(text: string, folder: string): ModelEntry | string {
  try {
    const given = JSON.parse(text) as Record<string, unknown>
    const files = Object.values((given.parts ?? {}) as Record<string, string>).map((file) => ({
      path: file,
      bytes: null,
      sha256: null,
    }))
    const entry = ModelEntry.safeParse({ files, ...given, source: { kind: 'local' } })
    if (!entry.success) return entry.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    return entry.data.id === folder ? entry.data : `the id "${entry.data.id}" must be the folder's name`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** SHA-256 of a file, hex. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )
