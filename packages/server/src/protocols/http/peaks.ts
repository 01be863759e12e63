import { stat } from 'node:fs/promises'
import { type Peaks, PeaksQuery } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { SAMPLE_RATE } from '../../engines/audio.ts'
import { PeakMeter } from '../../media/peaks.ts'
import { type FileOps, readRange } from '../../store/file-ops.ts'
import { type HttpDeps, requireSession } from './deps.ts'
import { noRecording } from './missing.ts'
import { parseRequest } from './validate.ts'

/** Overviews kept in memory; each is some kilobytes. */
const MAX_CACHED = 32
const MAX_PER_SECOND = 50

/** `/sessions/:id/peaks`: a browser that decoded an hour of audio to draw its waveform would fall over. */
export function peaksRoutes(app: FastifyInstance, { store }: HttpDeps): void {
  const cache = new Map<string, Peaks>()

  app.get<{ Params: { id: string } }>('/sessions/:id/peaks', async (request) => {
    const session = await requireSession(store, request.params.id)
    const { points } = parseRequest(PeaksQuery, request.query, 'query')
    const path = store.audio.pcmPath(session.id)
    const bytes = await store.files.size(path)
    const file = bytes === null ? null : await stat(path).catch(() => null)
    if (!file || bytes === null)
      throw noRecording(session, 'The waveform can be drawn once the session has ended and was transcribed.')
    const key = `${session.id} ${file.mtimeMs} ${bytes} ${points}`
    const known = cache.get(key)
    if (known) return known
    const made = await readPeaks(store.files, path, bytes >> 1, points)
    cache.set(key, made)
    if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value!)
    return made
  })
}

/** @param samples - 16-bit, in the file */
export async function readPeaks(files: FileOps, path: string, samples: number, points: number): Promise<Peaks> {
  const duration = samples / SAMPLE_RATE
  const perSecond = Math.min(MAX_PER_SECOND, points / Math.max(duration, 0.001))
  const meter = new PeakMeter(SAMPLE_RATE, perSecond)
  const pairs: Int8Array[] = []
  let odd: Buffer = Buffer.alloc(0)
  for await (const chunk of readRange(files, path)) {
    const bytes = odd.length > 0 ? Buffer.concat([odd, chunk]) : chunk
    const whole = bytes.length - (bytes.length % 2)
    pairs.push(meter.push(new Int16Array(new Uint8Array(bytes.subarray(0, whole)).buffer)))
    odd = bytes.subarray(whole)
  }
  pairs.push(meter.end())
  const windowSamples = Math.max(1, Math.round(SAMPLE_RATE / perSecond))
  const all = Buffer.concat(pairs.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)))
  return { duration, per_second: SAMPLE_RATE / windowSamples, peaks: all.toString('base64') }
}
