import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { Observation } from '@vigia/protocol'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isoHeader, jpegHeader, pngHeader, webpHeader } from '../src/vision/testing/header-bytes.ts'
import { startTestServer } from './helpers/test-server.ts'

/** Pictures that unfold, lie or are several things at once, through the whole server: one code each, and a bounded photo process. */

const MAX_OVER_IDLE_MB = 150

let app: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  // this process makes the bombs too: its event loop stands still for that
  const overload = { maxEventLoopDelayMs: 60_000 }
  app = await startTestServer({ engines: { vision: { adapter: 'measured' } }, access: { photosPerSecond: 1000 }, overload })
  await post(await grid(64, 48).jpeg().toBuffer())
})
afterAll(() => app[Symbol.asyncDispose]())

const text = (value: string): Buffer => Buffer.from(value, 'latin1')

const flat = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#3a6ea5' }, limitInputPixels: false })

/** A picture with edges, so that it is worth looking at. */
const grid = (width: number, height: number): Sharp =>
  sharp(Buffer.from(Uint8Array.from({ length: width * height }, (_, i) => ((i / 8) & 1) * 200)), {
    raw: { width, height, channels: 1 },
  })

/** Seeded noise. */
const grain = (width: number, height: number): Sharp =>
  sharp(Buffer.from(Uint8Array.from({ length: width * height }, (_, i) => Math.imul(i, 374_761_393) >>> 24)), {
    raw: { width, height, channels: 1 },
  })

/** A small JPEG whose frame header says another size. */
async function sized(options: Parameters<Sharp['jpeg']>[0], width: number, height: number): Promise<Buffer> {
  const jpeg = await flat(64, 48).jpeg(options).toBuffer()
  const at = jpeg.indexOf(Buffer.from([0xff, options?.progressive ? 0xc2 : 0xc0]))
  jpeg.writeUInt16BE(height, at + 5)
  jpeg.writeUInt16BE(width, at + 7)
  return jpeg
}

function interlaced(width: number, height: number): Uint8Array {
  const png = pngHeader(width, height)
  png.set([16, 6, 0, 0, 1], 24)
  return png
}

async function post(bytes: Uint8Array): Promise<{ status: number; body: Observation & { error?: { code: string } } }> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(bytes)]), 'x.jpg')
  const answer = await fetch(`${app.url}/vision/frame`, { method: 'POST', body: form })
  return { status: answer.status, body: (await answer.json()) as Observation & { error?: { code: string } } }
}

/** The photo process of this server, where /proc tells. */
function photoProcess(): { pid: number; peakMb: number } | null {
  if (!existsSync('/proc/self/task')) return null
  const children = readdirSync('/proc/self/task').flatMap((task) => {
    const file = `/proc/self/task/${task}/children`
    return existsSync(file) ? readFileSync(file, 'latin1').split(' ').filter(Boolean) : []
  })
  const pid = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('sharp-child'))
  if (!pid) return null
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return { pid: Number(pid), peakMb: Number(peak?.[1]) / 1024 }
}

type Bomb = [name: string, code: string, make: () => Uint8Array | Promise<Uint8Array>]

const REFUSED: Bomb[] = [
  ['a PNG of 2.5 gigapixels', 'image_too_large', () => pngHeader(50_000, 50_000)],
  ['a JPEG of 4.3 gigapixels', 'image_too_large', () => jpegHeader(65_535, 65_535)],
  ['a WebP of 268 megapixels', 'image_too_large', () => webpHeader(16_384, 16_384, false)],
  ['an AVIF of 900 megapixels', 'image_too_large', () => isoHeader(['avif'], [[30_000, 30_000]])],
  ['an AVIF that would be held whole', 'image_too_large', () => isoHeader(['avif'], [[4000, 3000]])],
  ['an interlaced PNG that would be held whole', 'image_too_large', () => interlaced(6000, 6000)],
  [
    'a JPEG in scans whose coefficients would be held',
    'image_too_large',
    () => sized({ progressive: true, chromaSubsampling: '4:4:4' }, 7200, 5500),
  ],
  ['a true PNG of 49 megapixels in few bytes', 'image_too_large', () => flat(7000, 7000).png().toBuffer()],
  ['a PNG whose pixels are missing', 'invalid_image', async () => (await grid(600, 400).png().toBuffer()).subarray(0, 80)],
  [
    'a WebP cut short',
    'invalid_image',
    async () => (await grain(600, 400).webp({ lossless: true, effort: 0 }).toBuffer()).subarray(0, 900),
  ],
  ['an AVIF cut short', 'invalid_image', async () => (await grid(300, 200).avif({ effort: 0 }).toBuffer()).subarray(0, 420)],
  ['JPEG marks before an SVG', 'invalid_image', () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), text('<svg/>')])],
  ['an animated GIF', 'unsupported_image', () => animated(30).gif({ effort: 1 }).toBuffer()],
  ['a GIF that is a script as well', 'unsupported_image', () => text('GIF89a/*\x01\x00*/=1;alert(1)')],
  ['a TIFF', 'unsupported_image', () => grid(64, 48).tiff().toBuffer()],
  ['an SVG that reads a file', 'unsupported_image', () => text('<svg><image href="/etc/passwd"/></svg>')],
  ['an SVG behind spaces', 'unsupported_image', () => text('\n  <svg width="99999" height="99999"/>')],
  ['XML that unfolds', 'unsupported_image', () => text('<!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>')],
  ['a PDF', 'unsupported_image', () => text('%PDF-1.7\n')],
  ['HEIC', 'unsupported_image', () => isoHeader(['heic', 'mif1'], [[4000, 3000]])],
  ['nothing', 'invalid_image', () => new Uint8Array()],
]

/** A film of grids; as WebP or GIF an animation. */
function animated(frames: number): Sharp {
  const [width, height] = [400, 300]
  const pixels = Buffer.from(Uint8Array.from({ length: width * height * frames }, (_, i) => ((i / 10) & 1) * 220))
  return sharp(pixels, { raw: { width, height: height * frames, channels: 1, pageHeight: height } })
}

describe('refused with one code', () => {
  test.each(REFUSED)('%s: %s', async (_, code, make) => {
    const { status, body } = await post(await make())
    expect([body.error?.code, status >= 400 && status < 500]).toEqual([code, true])
  })

  test('30 MB', async () => {
    const { body } = await post(new Uint8Array(30_000_000).fill(0xff))
    expect(body.error?.code).toBe('image_too_large')
  })
})

describe('seen, and what is kept is a picture alone', () => {
  const script = text('PK\x03\x04<script>alert(1)</script>')
  test.each<[string, () => Promise<Uint8Array>]>([
    [
      'a JPEG with an archive behind it',
      async () => Buffer.concat([await grid(400, 300).toColourspace('srgb').jpeg().toBuffer(), script]),
    ],
    ['a PNG with a script behind it', async () => Buffer.concat([await grid(400, 300).png().toBuffer(), script])],
    ['an animated WebP of thirty frames', () => animated(30).webp({ effort: 0 }).toBuffer()],
  ])('%s', async (_, make) => {
    const { status, body } = await post(await make())
    expect([status, body.size]).toEqual([200, [400, 300]])
    const stored = Buffer.from(await (await fetch(`${app.url}/vision/frames/${body.frame_id}/image`)).arrayBuffer())
    expect(stored.includes('script')).toBe(false)
    expect(await sharp(stored).metadata()).toMatchObject({ format: 'jpeg', width: 400, height: 300 })
  })
})

describe.skipIf(!existsSync('/proc/self/task'))('the photo process (skipped where /proc is missing)', () => {
  test('the largest pictures of each format, all at once, stay within its memory, and none ends it', async () => {
    const before = photoProcess()!
    const make: (() => Promise<Buffer>)[] = [
      () => flat(7300, 5400).ensureAlpha(0.5).toColourspace('rgb16').png({ compressionLevel: 1 }).toBuffer(),
      () => flat(7300, 5400).jpeg({ quality: 50 }).toBuffer(),
      () => sized({}, 7200, 5400), // its data ends at once: the rest is grey
      () => flat(7300, 5400).jpeg({ quality: 50, progressive: true }).toBuffer(),
      () => flat(7300, 5400).webp({ effort: 0, quality: 10 }).toBuffer(),
      () => grid(1600, 1200).avif({ effort: 0, quality: 20 }).toBuffer(),
    ]
    const bombs: Buffer[] = []
    for (const one of make) bombs.push(await one())
    const answers = await Promise.all(bombs.flatMap((bomb) => [post(bomb), post(bomb)]))
    expect(answers.map(({ status }) => status)).toEqual(Array(2 * bombs.length).fill(200))
    const after = photoProcess()!
    expect(after.pid).toBe(before.pid)
    expect(after.peakMb - before.peakMb).toBeLessThanOrEqual(MAX_OVER_IDLE_MB)
  }, 120_000)

  test('is the one that was there, and sees the next photo', async () => {
    expect((await post(await grid(320, 240).jpeg().toBuffer())).status).toBe(200)
  })
})
