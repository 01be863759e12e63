import { type FileOps, nodeFiles, type OpenFile } from '../../src/store/sqlite/files.ts'

export type FaultCode = 'EIO' | 'ENOSPC'

/** The real disk, of which calls fail as they are told; a write that fails has written half. */
export class FaultyFiles implements FileOps {
  calls = 0
  readonly #held = new Map<OpenFile, string>()
  /** By number from 1 and name of the call. */
  failWith: (nth: number, name: string) => FaultCode | null = () => null

  ensureDir = async (path: string): Promise<void> => await this.#call('ensureDir', () => nodeFiles.ensureDir(path))
  size = async (path: string): Promise<number | null> => await this.#call('size', () => nodeFiles.size(path))
  list = async (path: string): Promise<string[]> => await this.#call('list', () => nodeFiles.list(path))
  syncDir = async (path: string): Promise<void> => await this.#call('syncDir', () => nodeFiles.syncDir(path))
  rename = async (from: string, to: string): Promise<void> => await this.#call('rename', () => nodeFiles.rename(from, to))
  remove = async (path: string): Promise<void> => await this.#call('remove', () => nodeFiles.remove(path))
  read = async (path: string, position: number, length: number): Promise<Buffer> =>
    await this.#call('read', () => nodeFiles.read(path, position, length))

  async open(path: string, options?: { fresh?: boolean }): Promise<OpenFile> {
    const file = await this.#call('open', () => nodeFiles.open(path, options))
    this.#held.set(file, path)
    return {
      write: async (buffers, position) => {
        const failure = this.#failure('write')
        if (!failure) return await file.write(buffers, position)
        const bytes = Buffer.concat(buffers)
        await file.write([bytes.subarray(0, bytes.length >> 1)], position)
        throw failure
      },
      sync: async () => await this.#call('sync', () => file.sync()),
      truncate: async (length) => await this.#call('truncate', () => file.truncate(length)),
      close: async () => {
        await file.close()
        this.#held.delete(file)
        const failure = this.#failure('close')
        if (failure) throw failure
      },
    }
  }

  /** Closes what is still open, as the end of a process does. @returns paths */
  async closeAll(): Promise<string[]> {
    for (const file of this.#held.keys()) await file.close()
    return [...this.#held.values()]
  }

  async #call<T>(name: string, run: () => Promise<T>): Promise<T> {
    const failure = this.#failure(name)
    if (failure) throw failure
    return await run()
  }

  #failure(name: string): Error | null {
    const code = this.failWith(++this.calls, name)
    return code && Object.assign(new Error(`${code}: ${name}`), { code })
  }
}
