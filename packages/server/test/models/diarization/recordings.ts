import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createDecoder } from '../../../src/media/decoder.ts'

/** Recordings of people, which are no part of the repository: `VIGIA_SHARED`, or `shared` beside it. */

const SHARED = process.env.VIGIA_SHARED ?? path.join(import.meta.dirname, '../../../../../../shared')
export const REAL = path.join(SHARED, 'audio/real')

/** 16 kHz mono samples of a file. */
export async function decodeFile(file: string): Promise<Int16Array> {
  const encoding = file.endsWith('.wav') ? 'wav' : file.endsWith('.ogg') ? 'ogg_opus' : 'flac'
  const decoder = await createDecoder({ encoding, sampleRate: 16_000, channels: 1 })
  const bytes = readFileSync(file)
  const parts = [decoder.decode(bytes), decoder.end()]
  decoder.free()
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  parts.reduce((at, part) => {
    out.set(part, at)
    return at + part.length
  }, 0)
  return out
}
