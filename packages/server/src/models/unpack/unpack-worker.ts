import { closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { VigiaError } from '@vigia/protocol'
import { bunzip2 } from './bzip2.ts'
import { untar } from './tar.ts'

/** Unpacks one tar.bz2 in a thread of its own: a minute of computing must not stop live audio. */

export interface UnpackOrder {
  archive: string
  folder: string
  /** First folder of every path, left out. */
  strip: string
  maxBytes: number
}

export type UnpackAnswer =
  | { type: 'done'; files: { path: string; bytes: number }[] }
  | { type: 'error'; code: 'model_invalid' | 'storage_full' | 'internal'; message: string }

function* chunksOf(file: string): Generator<Uint8Array> {
  const handle = openSync(file, 'r')
  try {
    for (;;) {
      const buffer = new Uint8Array(1024 * 1024)
      const read = readSync(handle, buffer)
      if (read === 0) return
      yield buffer.subarray(0, read)
    }
  } finally {
    closeSync(handle)
  }
}

/** Unpacks; the files lie under `folder` without the first folder of their path. */
export function unpack({ archive, folder, strip, maxBytes }: UnpackOrder): { path: string; bytes: number }[] {
  const files: { path: string; bytes: number }[] = []
  let total = 0
  let handle: number | null = null
  const close = (): void => {
    if (handle === null) return
    fsyncSync(handle)
    closeSync(handle)
    handle = null
  }
  try {
    for (const part of untar(bunzip2(chunksOf(archive)))) {
      if (part.type === 'data') {
        for (let at = 0; at < part.data.length; ) at += writeSync(handle!, part.data, at)
        continue
      }
      close()
      total += part.file.bytes
      if (total > maxBytes) throw new VigiaError('model_invalid', `The archive holds more than ${maxBytes} bytes.`)
      const inside = part.file.path.startsWith(`${strip}/`) ? part.file.path.slice(strip.length + 1) : part.file.path
      const target = path.join(folder, inside)
      mkdirSync(path.dirname(target), { recursive: true })
      handle = openSync(target, 'wx')
      files.push({ path: inside, bytes: part.file.bytes })
    }
    close()
    return files
  } finally {
    if (handle !== null) closeSync(handle)
  }
}

function toAnswer(error: unknown): UnpackAnswer {
  if (VigiaError.is(error)) return { type: 'error', code: 'model_invalid', message: error.message }
  const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
  return {
    type: 'error',
    code: full ? 'storage_full' : 'internal',
    message: error instanceof Error ? error.message : String(error),
  }
}

if (parentPort && workerData?.unpack) {
  try {
    parentPort.postMessage({ type: 'done', files: unpack(workerData.unpack as UnpackOrder) } satisfies UnpackAnswer)
  } catch (error) {
    parentPort.postMessage(toAnswer(error))
  }
}
