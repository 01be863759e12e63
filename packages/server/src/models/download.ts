import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { backoffMs } from '../std/backoff.ts'
import { type Clock, systemClock } from '../std/clock.ts'
import { sleep } from '../std/sleep.ts'
import { type HubAnswer, HubRefused, requestFile } from './hub-request.ts'
import type { HubSettings } from './hub-settings.ts'

/**
 * Fetches one file: what is already here is kept and continued by Range, also after a kill; every byte goes through the
 * checksum; the finished file takes its name by one rename after fsync.
 */

export interface DownloadTarget {
  url: URL
  /** Where the finished file goes; the unfinished one has `.part` behind it. */
  file: string
  bytes: number | null
  sha256: string | null
}

export interface DownloadDeps {
  hub: HubSettings
  fetch?: typeof fetch
  clock?: Clock
  /** No byte for this long is a cut, ms. */
  stallMs?: number
  /** Failures in a row without one new byte that end the download. */
  maxFailures?: number
  /** First wait after a failure, ms. */
  retryBaseMs?: number
  signal?: AbortSignal
  /** Called with the bytes on disk and the total, as far as known. */
  onBytes?: (done: number, total: number | null) => void
}

export interface Downloaded {
  bytes: number
  sha256: string
}

/** @throws VigiaError `hub_unreachable`, `model_not_found`, `model_license`, `model_invalid`, `storage_full`; the signal's reason */
export async function download(target: DownloadTarget, deps: DownloadDeps): Promise<Downloaded> {
  await mkdir(path.dirname(target.file), { recursive: true })
  const run = new Download(target, deps)
  const done = await run.run()
  await rename(`${target.file}.part`, target.file)
  await syncFolder(path.dirname(target.file))
  return done
}

/** A wrong checksum is given one more try from the first byte. */
const MAX_RESTARTS = 1

class Download {
  readonly #target: DownloadTarget
  readonly #deps: DownloadDeps
  readonly #part: string
  readonly #clock: Clock
  #failures = 0
  #restarts = 0
  #expected: { bytes: number | null; sha256: string | null }

  constructor(target: DownloadTarget, deps: DownloadDeps) {
    this.#target = target
    this.#deps = deps
    this.#part = `${target.file}.part`
    this.#clock = deps.clock ?? systemClock
    this.#expected = { bytes: target.bytes, sha256: target.sha256 }
  }

  async run(): Promise<Downloaded> {
    for (;;) {
      this.#deps.signal?.throwIfAborted()
      const before = await sizeOf(this.#part)
      try {
        return await this.#attempt(before)
      } catch (error) {
        this.#deps.signal?.throwIfAborted()
        await this.#afterFailure(error, (await sizeOf(this.#part)) > before)
      }
    }
  }

  async #attempt(have: number): Promise<Downloaded> {
    const { bytes } = this.#expected
    if (bytes !== null && have > bytes) throw new HubRefused({ kind: 'restart', reason: 'more is here than the file has' })
    const hash = await hashOf(this.#part, have)
    if (bytes !== null && have === bytes) return this.#check(hash, have)
    const signal = this.#deps.signal ?? new AbortController().signal
    const answer = await this.#request(have, signal)
    const from = answer.response.status === 206 ? rangeStart(answer.response, have) : 0
    this.#learn(answer, from)
    const received = await this.#receive(answer.response, from === have ? hash : createHash('sha256'), from)
    if (this.#expected.bytes !== null && received.bytes < this.#expected.bytes) throw new Error('the connection was cut')
    return this.#check(received.hash, received.bytes)
  }

  /** The time limit is for the head of the answer; the body has its own. */
  async #request(fromByte: number, signal: AbortSignal): Promise<HubAnswer> {
    const { hub, fetch: given, stallMs = 30_000 } = this.#deps
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error('no answer came')), stallMs)
    try {
      const both = AbortSignal.any([signal, late.signal])
      return await requestFile({ url: this.#target.url, fromByte, hub, fetch: given ?? fetch, signal: both })
    } finally {
      clearTimeout(timer)
    }
  }

  /** What the server says of the file must agree with the manifest. */
  #learn({ response, sha256, bytes: linked }: HubAnswer, from: number): void {
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    const total = linked ?? (Number.isNaN(length) ? null : from + length)
    const { bytes } = this.#expected
    if (bytes !== null && total !== null && total !== bytes)
      throw invalid(this.#target, `${bytes} bytes, the server has ${total}`)
    this.#expected = { bytes: bytes ?? total, sha256: this.#expected.sha256 ?? sha256 }
  }

  async #receive(response: Response, hash: Hash, from: number): Promise<{ bytes: number; hash: Hash }> {
    await using file = await open(this.#part, from === 0 ? 'w' : 'a')
    let bytes = from
    const { stallMs = 30_000, onBytes } = this.#deps
    for await (const chunk of withStall(response.body!, stallMs, this.#deps.signal)) {
      if (this.#expected.bytes !== null && bytes + chunk.length > this.#expected.bytes)
        throw invalid(this.#target, `${this.#expected.bytes} bytes, got more`)
      await append(file, chunk)
      hash.update(chunk)
      bytes += chunk.length
      onBytes?.(bytes, this.#expected.bytes)
    }
    await file.sync()
    return { bytes, hash }
  }

  #check(hash: Hash, bytes: number): Downloaded {
    const sha256 = hash.copy().digest('hex')
    if (this.#expected.sha256 !== null && sha256 !== this.#expected.sha256)
      throw invalid(this.#target, `SHA-256 ${this.#expected.sha256}, got ${sha256}`)
    return { bytes, sha256 }
  }

  /** Waits before the next try, or ends the download. */
  async #afterFailure(error: unknown, progressed: boolean): Promise<void> {
    const { signal, maxFailures = 6, retryBaseMs = 1000 } = this.#deps
    if (isDiskFull(error))
      throw new VigiaError('storage_full', `The disk is full: ${this.#target.file} could not be written.`, {
        hint: 'Make room and run the same command again; it goes on where it stopped.',
        cause: error,
      })
    const restart = VigiaError.is(error)
      ? error.code === 'model_invalid'
      : error instanceof HubRefused && error.refusal.kind === 'restart'
    if (restart) {
      await rm(this.#part, { force: true })
      this.#restarts += 1
      if (this.#restarts > MAX_RESTARTS) throw VigiaError.is(error) ? error : invalid(this.#target, 'a whole file')
      return
    }
    if (VigiaError.is(error)) throw error
    if (error instanceof HubRefused && error.refusal.kind === 'fatal') throw error.refusal.error
    this.#failures = progressed ? 1 : this.#failures + 1
    if (this.#failures >= maxFailures) throw unreachable(this.#target.url, error)
    const told = error instanceof HubRefused && error.refusal.kind === 'retry' ? error.refusal.afterMs : null
    const waitMs = told ?? backoffMs(this.#failures - 1, { baseMs: retryBaseMs, maxMs: 60_000 })
    await sleep(this.#clock, Math.min(waitMs, 600_000), signal)
  }
}

function rangeStart({ headers }: Response, asked: number): number {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1]
  if (start !== undefined && Number(start) === asked) return asked
  throw new HubRefused({ kind: 'restart', reason: 'the server answered another range' })
}

async function* withStall(
  body: ReadableStream<Uint8Array>,
  stallMs: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const stalled = Promise.withResolvers<never>()
      const timer = setTimeout(() => stalled.reject(new Error('no data came')), stallMs)
      const onAbort = (): void => stalled.reject(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        const { value, done } = await Promise.race([reader.read(), stalled.promise])
        if (done) return
        yield value
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

async function append(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
}

async function hashOf(file: string, bytes: number): Promise<Hash> {
  const hash = createHash('sha256')
  if (bytes > 0) for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer)
  return hash
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => null))?.size ?? 0

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync().catch(() => {})
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

const invalid = ({ file }: DownloadTarget, what: string): VigiaError =>
  new VigiaError('model_invalid', `${path.basename(file)} is not the file of the catalogue: expected ${what}.`, {
    hint: 'A proxy or mirror may have changed it; try again, or another HF_ENDPOINT.',
  })

const unreachable = (url: URL, cause: unknown): VigiaError =>
  new VigiaError('hub_unreachable', `${url.host} could not be reached: ${reasonOf(cause)}.`, {
    hint: 'Check the network or set HF_ENDPOINT; without one, bring the files with "vigia models export" and "import".',
    cause,
  })

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  const inner = error.cause instanceof Error ? error.cause : error
  return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message
}
