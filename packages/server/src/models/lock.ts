import { mkdir, open, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'

/**
 * Takes a lock file, so that two processes do not fetch the same model. A lock whose process is gone is taken over.
 *
 * @throws VigiaError `conflict` when another living process holds it
 */
export async function lockFile(file: string): Promise<AsyncDisposable> {
  await mkdir(path.dirname(file), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, host: os.hostname() })
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      await using handle = await open(file, 'wx')
      await handle.writeFile(mine)
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (await isHeld(file)) break
      await rm(file, { force: true })
    }
  }
  throw new VigiaError('conflict', `Another process is working on ${path.basename(file, '.lock')}.`, {
    hint: `Wait for it, or remove ${file} when there is none.`,
  })
}

async function isHeld(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '')
  try {
    const { pid, host } = JSON.parse(text) as { pid: number; host: string }
    // On another machine that shares the folder, life cannot be asked.
    return host !== os.hostname() || isAlive(pid)
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
