import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'
import type { Recording } from '../engines/audio.ts'
import { createDecoder } from '../media/decoder.ts'

/** Recordings of a folder with their references: `name.wav` beside `name.txt` (words) and `name.rttm` (who, when). */

export interface EvalItem {
  name: string
  file: string
  /** Words; with `SPEAKER: words` lines, by speaker. */
  text: string | null
  rttm: string | null
}

const AUDIO = new Set(['.wav', '.flac', '.mp3', '.ogg', '.opus', '.webm'])

/** @throws VigiaError `invalid_request` when there is nothing to measure */
export async function readEvalData(folder: string, kind: 'txt' | 'rttm'): Promise<EvalItem[]> {
  const files = (await readdir(folder, { recursive: true })).sort()
  const items = await Promise.all(
    files
      .filter((file) => AUDIO.has(path.extname(file).toLowerCase()))
      .map(async (file): Promise<EvalItem> => {
        const base = path.join(folder, file.slice(0, -path.extname(file).length))
        const read = (ending: string): Promise<string | null> => readFile(`${base}.${ending}`, 'utf8').catch(() => null)
        return { name: file, file: path.join(folder, file), text: await read('txt'), rttm: await read('rttm') }
      }),
  )
  const usable = items.filter((item) => (kind === 'txt' ? item.text : item.rttm) !== null)
  if (usable.length > 0) return usable
  throw new VigiaError('invalid_request', `No recording in ${folder} has a .${kind} of the same name.`, {
    hint: 'Put each reference beside its recording: reunion.wav and reunion.txt, or reunion.rttm.',
  })
}

/** The decoder takes a stream in pieces. */
const PIECE = 512 * 1024

/** The whole recording as 16 kHz mono. */
export async function loadRecording(file: string): Promise<{ recording: Recording; samples: Int16Array }> {
  const extension = path.extname(file).toLowerCase()
  const encoding = {
    '.wav': 'wav',
    '.flac': 'flac',
    '.mp3': 'mp3',
    '.ogg': 'ogg_opus',
    '.opus': 'ogg_opus',
    '.webm': 'webm_opus',
  }[extension]
  const decoder = await createDecoder({ encoding, sampleRate: 16_000, channels: 1 } as Parameters<typeof createDecoder>[0])
  try {
    const parts: Int16Array[] = []
    const bytes = new Uint8Array(await readFile(file))
    for (let at = 0; at < bytes.length; at += PIECE) parts.push(decoder.decode(bytes.subarray(at, at + PIECE)))
    parts.push(decoder.end())
    const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      samples.set(part, at)
      at += part.length
    }
    const recording: Recording = {
      durationMs: samples.length / 16,
      read: (startMs, endMs) => Promise.resolve(samples.slice(Math.round(startMs * 16), Math.round(endMs * 16))),
    }
    return { recording, samples }
  } finally {
    decoder.free()
  }
}
