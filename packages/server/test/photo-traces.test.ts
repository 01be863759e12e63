import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { FrameGallery, Observation } from '@vigia/protocol'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'

/** What a photo leaves on disk: pictures without place and camera, and nothing at all once its session is erased. */

let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  // this process makes the pictures too: its event loop stands still for that
  const overload = { maxEventLoopDelayMs: 60_000 }
  app = await startTestServer({ engines: { vision: { adapter: 'measured' } }, overload })
})
afterAll(() => app[Symbol.asyncDispose]())

const SECRETS = ['SecretCam', 'casa de Ana', 'Exif', 'GPS', 'xmpmeta']

/** Stripes with all that cameras write; each seed is another picture. */
async function cameraJpeg(seed: number, time: string, turned: boolean): Promise<Buffer> {
  const pixels = Buffer.from(Uint8Array.from({ length: 640 * 480 }, (_, i) => ((i >> (4 + seed)) & 1) * 180 + 30))
  const image = sharp(pixels, { raw: { width: 640, height: 480, channels: 1 } }).toColourspace('srgb')
  const place = { GPSLatitudeRef: 'N', GPSLatitude: '40/1 25/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '3/1 42/1 0/1' }
  return image
    .withExif({
      IFD0: { Make: 'SecretCam', ImageDescription: 'casa de Ana' },
      IFD2: { DateTimeOriginal: time.slice(0, 19).replaceAll('-', ':').replace('T', ' '), OffsetTimeOriginal: '+00:00' },
      IFD3: place,
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">41.4</x:xmpmeta>')
    .withMetadata(turned ? { orientation: 6 } : {})
    .jpeg()
    .toBuffer()
}

async function post(photos: readonly Buffer[], fields: Record<string, string>): Promise<Observation> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  for (const photo of photos) form.append('files[]', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'f.jpg')
  const answer = await fetch(`${app.url}/vision/frame`, { method: 'POST', body: form })
  expect(answer.status).toBe(200)
  return (await answer.json()) as Observation
}

/** Every file of the data folder with its bytes. */
async function everyFile(): Promise<[name: string, bytes: Buffer][]> {
  const entries = await readdir(app.dataDir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return await Promise.all(files.map(async (file): Promise<[string, Buffer]> => [file, await readFile(file)]))
}

const gallery = async (id: string): Promise<FrameGallery> =>
  (await (await fetch(`${app.url}/sessions/${id}/frames`)).json()) as FrameGallery

test('place and camera never reach the disk, times order the gallery, and erasing leaves no picture in any size', async () => {
  await using client = await LiveClient.connect(app.url)
  const { session_id } = await client.open({ results: 'end', analyze: false })
  const now = Date.now()
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString()
  const burst = [await cameraJpeg(0, at(10), false), await cameraJpeg(1, at(10), true)]
  const later = await post(burst, { session_id, timestamp: at(300) })
  const earlier = await post([await cameraJpeg(2, at(40), true)], { session_id })
  expect([later.captured_by, earlier.captured_by]).toEqual(['exif', 'exif'])
  expect(later.uncertain.join()).toContain('difieren en 5 min')
  expect(earlier.uncertain.join()).not.toContain('difieren')
  expect(earlier.size).toEqual([480, 640])
  const shown = (await gallery(session_id)).frames
  expect(shown.map(({ frame_id }) => frame_id)).toEqual([earlier.frame_id, later.frame_id])

  const before = await everyFile()
  for (const [name, bytes] of before)
    for (const secret of SECRETS)
      expect([path.basename(name), secret, bytes.includes(secret)]).toEqual([path.basename(name), secret, false])
  const pictures = shown.flatMap(({ image, thumb }) => [image, thumb]).concat(`${shown[1]!.image}?variant=burst1`)
  for (const url of pictures) expect([url, (await fetch(app.url + url)).status]).toEqual([url, 200])
  expect(before.filter(([, bytes]) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))).toHaveLength(5)

  client.drop()
  expect((await fetch(`${app.url}/sessions/${session_id}`, { method: 'DELETE' })).ok).toBe(true)
  for (const url of [...pictures, `/sessions/${session_id}/frames`]) expect((await fetch(app.url + url)).status).toBe(404)
  const after = await everyFile()
  expect(after.filter(([, bytes]) => bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))).toEqual([])
})
