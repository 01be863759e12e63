import { dirname, join } from 'node:path'
import type { Clock } from '../../../std/clock.ts'
import { failPoint } from '../../../std/fail-point.ts'
import { Mutex } from '../../../std/mutex.ts'
import type { StoreLog } from '../context.ts'
import type { FileOps, OpenFile } from '../files.ts'
import { type JournalRecord, journalRecords, recordHead } from './journal-record.ts'

/** A journal is replaced after so many bytes, or so long after its first. */
const JOURNAL_BYTES = 64 * 1024 * 1024
const JOURNAL_AGE_MS = 60_000
/** With so many bytes the next ones wait until the journal before is gone. */
const MAX_JOURNAL_BYTES = 3 * JOURNAL_BYTES
const JOURNAL_FILE = /^(\d{6,})\.journal$/
/** Segment files synced at once when a journal is replaced. */
const SYNC_CONCURRENCY = 3

export interface JournalOptions {
  files: FileOps
  dir: string
  /** Where a segment file lies. @throws for an id that is none */
  pathOf: (sessionId: string, no: number) => string
  clock: Clock
  log: StoreLog
  /** Writes what was appended to the segment files; gives the sessions of which something is not there. */
  write: () => Promise<ReadonlySet<string>>
}

interface CurrentJournal {
  no: number
  file: OpenFile
  bytes: number
  /** When its first bytes came. */
  sinceMs: number
}

/** A segment file with bytes that only the journal holds for certain. */
interface DirtyFile {
  sessionId: string
  no: number
  path: string
}

const keyOf = (sessionId: string, no: number): string => `${sessionId}/${no}`

/**
 * What many sessions have at the same moment, made durable by one write and one sync instead of one for each: the bytes go to one file,
 * and to the segment files when there are more of them. Now and then the segment files are written and synced and the journal is begun
 * anew; after a crash or a power cut {@link replayJournals} writes what it holds into the segment files.
 */
export class Journal {
  readonly #options: JournalOptions
  /** One append, or one replacement of the file, at a time. */
  readonly #appending = new Mutex()
  readonly #checkpointing = new Mutex()
  #current: CurrentJournal | null = null
  #dirty = new Map<string, DirtyFile>()
  /** Files whose names the last replacements made durable. */
  #named: ReadonlySet<string> = new Set()
  /** Files of which a sync failed: nothing about them is known, they stay in the journal and nothing more is written to them. */
  readonly #doubtful = new Set<string>()
  /** Journals that could not be removed. */
  #left: string[] = []
  #nextNo: number | null = null

  constructor(options: JournalOptions) {
    this.#options = options
  }

  /** It is time for a {@link checkpoint}. */
  get isDue(): boolean {
    if (!this.#current || this.#checkpointing.busy) return false
    const age = this.#options.clock.now() - this.#current.sinceMs
    return this.#current.bytes >= JOURNAL_BYTES || age >= JOURNAL_AGE_MS
  }

  /** It has become so long that nothing should be appended before a {@link checkpoint}. */
  get isOverfull(): boolean {
    return (this.#current?.bytes ?? 0) > MAX_JOURNAL_BYTES
  }

  /** This segment file may lack what was appended for it. */
  doubt(path: string): void {
    this.#doubtful.add(path)
  }

  isDoubtful(path: string): boolean {
    return this.#doubtful.has(path)
  }

  /** Makes the records durable. Rejects with the error of the file system; then the segment files themselves must be synced. */
  async append(records: readonly JournalRecord[]): Promise<void> {
    await this.#appending.run(() => this.#append(records))
  }

  /**
   * Writes and syncs the segment files and removes the journal that held their bytes. What cannot be written or synced goes to the
   * next journal, but for the bytes of the session `erasing`.
   */
  async checkpoint(erasing?: string): Promise<void> {
    await this.#checkpointing.run(async () => {
      const { done, dirty } = await this.#appending.run(() => this.#begin())
      if (done === null && dirty.size === 0 && this.#left.length === 0) return
      const behind = await this.#options.write()
      await this.#syncAll(dirty.values())
      // what is erased may come again under the same name
      const isNamed = ({ path, sessionId }: DirtyFile): boolean =>
        sessionId !== erasing && !behind.has(sessionId) && !this.#doubtful.has(path)
      this.#named = new Set([...dirty.values()].filter(isNamed).map(({ path }) => path))
      failPoint('journal_files_synced')
      const old = [...this.#left, ...(done === null ? [] : [done])]
      this.#left = old
      const mustKeep = ({ sessionId, path }: DirtyFile): boolean => this.#doubtful.has(path) || behind.has(sessionId)
      const kept = [...dirty.values()].filter((file) => mustKeep(file) && file.sessionId !== erasing)
      if (kept.length > 0) await this.#carry(old, kept)
      for (const path of old) await this.#options.files.remove(path)
      // a journal that came back after the next one has gone would undo what was written since
      await this.#options.files.syncDir(this.#options.dir)
      this.#left = []
    })
  }

  /** Leaves files in order and no journal; where that fails, the journal stays for the next start. */
  async close(): Promise<void> {
    try {
      await this.checkpoint()
    } finally {
      await this.#appending.run(() => this.#giveUp())
    }
  }

  async #append(records: readonly JournalRecord[]): Promise<void> {
    const current = await this.#open()
    const buffers = records.flatMap((record) => [recordHead(record), ...record.buffers])
    try {
      await current.file.write(buffers, current.bytes)
      failPoint('journal_written')
      await current.file.sync()
      failPoint('journal_synced')
    } catch (error) {
      await this.#giveUp()
      throw error
    }
    current.bytes += buffers.reduce((sum, { length }) => sum + length, 0)
    for (const { sessionId, no } of records) {
      const key = keyOf(sessionId, no)
      if (!this.#dirty.has(key)) this.#dirty.set(key, { sessionId, no, path: this.#options.pathOf(sessionId, no) })
    }
  }

  async #open(): Promise<CurrentJournal> {
    if (this.#current) return this.#current
    const { files, dir, clock } = this.#options
    await files.ensureDir(dir)
    this.#nextNo ??= Math.max(0, ...(await journalNumbers(files, dir))) + 1
    const no = this.#nextNo++
    const path = journalPath(dir, no)
    const file = await files.open(path, { fresh: true })
    try {
      await files.syncDir(dir)
    } catch (error) {
      this.#left.push(path)
      await file.close().catch(() => {})
      throw error
    }
    this.#current = { no, file, bytes: 0, sinceMs: clock.now() }
    return this.#current
  }

  /** After an error the file is not written again; what it holds up to here stays good. */
  async #giveUp(): Promise<void> {
    const current = this.#current
    this.#current = null
    if (!current) return
    this.#left.push(journalPath(this.#options.dir, current.no))
    await current.file.close().catch(() => {})
  }

  /** From here on new bytes go to a new file. */
  async #begin(): Promise<{ done: string | null; dirty: ReadonlyMap<string, DirtyFile> }> {
    const current = this.#current
    const dirty = this.#dirty
    this.#current = null
    this.#dirty = new Map()
    await current?.file.close().catch(() => {})
    return { done: current ? journalPath(this.#options.dir, current.no) : null, dirty }
  }

  async #syncAll(dirty: Iterable<DirtyFile>): Promise<void> {
    const queue = dirty[Symbol.iterator]()
    const work = async (): Promise<void> => {
      for (let next = queue.next(); !next.done; next = queue.next()) await this.#syncOne(next.value)
    }
    await Promise.all(Array.from({ length: SYNC_CONCURRENCY }, work))
  }

  async #syncOne({ sessionId, path }: DirtyFile): Promise<void> {
    const { files, log } = this.#options
    if (this.#doubtful.has(path)) return
    try {
      await syncFile(files, path, this.#named.has(path))
    } catch (error) {
      this.#doubtful.add(path)
      log.error(
        { sessionId, code: (error as NodeJS.ErrnoException).code },
        'a recording could not be synced; the journal keeps it',
      )
    }
  }

  /** Copies the records of these files into the current journal. */
  async #carry(from: readonly string[], kept: readonly DirtyFile[]): Promise<void> {
    const { files, pathOf } = this.#options
    const wanted = new Set(kept.map(({ path }) => path))
    try {
      for (const path of from) {
        const all = [...journalRecords(await readWhole(files, path))]
        const records = all.filter(({ sessionId, no }) => wanted.has(pathOf(sessionId, no)))
        if (records.length > 0) await this.#appending.run(() => this.#append(records))
      }
    } catch (error) {
      for (const file of kept) this.#dirty.set(keyOf(file.sessionId, file.no), file)
      throw error
    }
  }
}

export interface ReplayOptions {
  files: FileOps
  dir: string
  pathOf: JournalOptions['pathOf']
  /** Sessions that were erased stay erased. */
  isKnown: (sessionId: string) => boolean
  /** Told of sessions of which a journal does not hold any more what it held. */
  onDamage?: (sessionId: string) => void
}

/**
 * Writes what journals hold into the segment files, syncs those, and removes the journals. What lies beyond a session's committed
 * end is cut afterwards as any torn tail is. May be interrupted and done again.
 *
 * @returns how many bytes were written
 */
export async function replayJournals(options: ReplayOptions): Promise<number> {
  const { files, dir } = options
  const numbers = (await journalNumbers(files, dir)).sort((a, b) => a - b)
  let bytes = 0
  for (const no of numbers) bytes += await replayOne(options, journalPath(dir, no))
  for (const no of numbers) await files.remove(journalPath(dir, no))
  if (numbers.length > 0) await files.syncDir(dir)
  return bytes
}

async function replayOne({ files, pathOf, isKnown, onDamage }: ReplayOptions, journal: string): Promise<number> {
  const open = new Map<string, OpenFile>()
  let bytes = 0
  try {
    for (const { sessionId, no, position, buffers } of journalRecords(await readWhole(files, journal), onDamage)) {
      if (!isKnown(sessionId)) continue
      const path = pathOf(sessionId, no)
      const file = open.get(path) ?? (await openIn(files, path))
      open.set(path, file)
      await file.write(buffers, position)
      bytes += buffers.reduce((sum, { length }) => sum + length, 0)
    }
    for (const [path, file] of open) {
      await file.sync()
      await files.syncDir(dirname(path))
    }
  } finally {
    for (const file of open.values()) await file.close().catch(() => {})
  }
  return bytes
}

async function openIn(files: FileOps, path: string): Promise<OpenFile> {
  await files.ensureDir(dirname(path))
  return await files.open(path)
}

/** File and, unless it is durable, its name; nothing where there is no such file any more. */
async function syncFile(files: FileOps, path: string, isNamed: boolean): Promise<void> {
  if ((await files.size(path)) === null) return
  const file = await files.open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  if (!isNamed) await files.syncDir(dirname(path))
}

async function readWhole(files: FileOps, path: string): Promise<Buffer> {
  return await files.read(path, 0, (await files.size(path)) ?? 0)
}

async function journalNumbers(files: FileOps, dir: string): Promise<number[]> {
  return (await files.list(dir)).flatMap((name) => Number(JOURNAL_FILE.exec(name)?.[1] ?? []) || [])
}

function journalPath(dir: string, no: number): string {
  return join(dir, `${String(no).padStart(6, '0')}.journal`)
}
