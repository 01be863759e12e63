import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import { type MeasuredServer, pythonWith, startUvicorn, startVigia } from '../lib/processes.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { interleave, middle, percentile, ratioOf, type Sample } from '../lib/stats.ts'
import { cpuOfTree } from '../lib/usage.ts'

/** Photos over HTTP, several at once: checked, turned upright, made smaller, measured, stored durably, described by measures. */
export const photos: Row = {
  name: 'photos',
  title: 'Photos, stored and measured, beside FastAPI and Pillow that store nothing',
  async run(context) {
    const python = await pythonWith(['fastapi', 'uvicorn', 'multipart', 'PIL'])
    if (!python) return { skipped: 'Python with fastapi, uvicorn, python-multipart and Pillow is not here' }
    const figures: Figure[] = []
    for (const edge of context.by({ smoke: [1024], short: [1280, 4000], full: [1280, 4000] })) {
      figures.push(...(await measure(context, python, edge)))
    }
    return figures
  },
}

/** Posts under way at the same time. */
const CLIENTS = 4

async function measure(context: RowContext, python: string, edge: number): Promise<Figure[]> {
  const photo = await photoOf(edge)
  const count = context.by({ smoke: 8, short: 48, full: 120 })
  const load = async (server: MeasuredServer): Promise<Sample> => {
    await using running = server
    await post(running.url, photo, CLIENTS)
    const before = cpuOfTree(running.pid)
    const begin = performance.now()
    const times = await post(running.url, photo, count)
    const wallMs = performance.now() - begin
    const after = cpuOfTree(running.pid)
    const cpuMs = after.own - before.own + after.below - before.below
    return { perSecond: (count * 1000) / wallMs, cpuMs: cpuMs / count, p50: percentile(times, 0.5) }
  }
  const vision = ['--engines.vision.adapter', 'measured']
  const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), {
    vigia: async () => await load(await startVigia(await mkdtemp(path.join(context.dir, 'photos-')), vision)),
    pillow: async () => await load(await startUvicorn(python, 'naive_photos')),
  })
  const what = `${edge} pixels wide (${Math.round(photo.length / 1024)} kB), ${CLIENTS} at once`
  const line = (key: string, name: string, unit: string, better: Figure['better']): Figure => ({
    what: `${name}, ${what}`,
    unit,
    better,
    ours: middle(samples.vigia, key),
    than: { name: 'FastAPI, Pillow', value: middle(samples.pillow, key) },
    ...ratioOf(samples.vigia, samples.pillow, key),
  })
  return [
    { ...line('perSecond', 'photos per second', 'photos', 'more'), goal: { of: 'ratio', min: 2 } },
    line('cpuMs', 'CPU per photo', 'ms', 'less'),
    line('p50', 'answer, median', 'ms', 'less'),
  ]
}

/** @returns milliseconds of each */
export async function post(url: string, photo: Buffer, count: number): Promise<number[]> {
  const times: number[] = []
  let left = count
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const form = new FormData()
      form.append('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg')
      const begin = performance.now()
      const answer = await fetch(`${url}/vision/frame`, { method: 'POST', body: form })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`a photo was answered with ${answer.status}`)
      times.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return times
}

/** A picture with shapes and grain, as a camera's JPEG is: made here, the same every time. */
export async function photoOf(edge: number): Promise<Buffer> {
  const width = edge
  const height = (edge * 3) / 4
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const grain = (Math.imul(x * 374_761_393 + y * 668_265_263, 1_274_126_177) >>> 27) - 16
      const shape = ((x >> 6) + (y >> 6)) % 3
      pixels[at++] = 90 + 50 * shape + grain
      pixels[at++] = 60 + (x * 120) / width + grain
      pixels[at++] = 40 + (y * 150) / height + grain
    }
  }
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer()
}
