import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { inspectPhoto } from '../../../vision/inspect-photo.ts'
import { openSharpPhotos } from './sharp-photos.ts'

/** The largest pictures that the header check lets through stay within the memory that docs/vision.md promises. Takes half a minute. */

const MAX_OVER_IDLE_MB = 150
const [WIDE, HIGH] = [7300, 5475]
const signal = new AbortController().signal

const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#557799' }, limitInputPixels: false })

/** Pixels that differ, so that nothing is left out by a clever decoder. */
function grain(width: number, height: number) {
  const pixels = Buffer.alloc(width * height * 3)
  for (let i = 0; i < pixels.length; i += 7) pixels[i] = Math.imul(i, 374_761_393) >>> 24
  return sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
}

const peakMb = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const childPid = (): number =>
  Number(
    execFileSync('pgrep', ['-P', String(process.pid), '-f', 'sharp-child'])
      .toString()
      .trim()
      .split('\n')[0],
  )

const canMeasure = process.env.VIGIA_NIGHT !== undefined && existsSync('/proc/self/status') && existsSync('/usr/bin/pgrep')

describe.skipIf(!canMeasure)('memory of the photo process (VIGIA_NIGHT=1, Linux)', () => {
  test.each([
    ['JPEG', () => grain(WIDE, HIGH).jpeg({ quality: 20 }).toBuffer()],
    ['progressive JPEG', () => grain(WIDE, HIGH).jpeg({ quality: 8, progressive: true }).toBuffer()],
    ['CMYK JPEG', () => flat(WIDE, HIGH).toColourspace('cmyk').jpeg().toBuffer()],
    ['16-bit PNG', () => flat(WIDE, HIGH).toColourspace('rgb16').png().toBuffer()],
    ['16-bit PNG with alpha', () => flat(WIDE, HIGH).ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer()],
    ['interlaced 16-bit PNG', () => flat(4900, 3670).toColourspace('rgb16').png({ progressive: true }).toBuffer()],
    ['WebP', () => flat(WIDE, HIGH).webp({ effort: 0, quality: 10 }).toBuffer()],
    ['AVIF', () => grain(3160, 2370).avif({ effort: 0, quality: 30 }).toBuffer()],
  ])(
    '%s',
    async (_, make) => {
      const bytes = await make()
      const header = inspectPhoto(bytes)
      await using photos = await openSharpPhotos()
      const small = await flat(64, 48).jpeg().toBuffer()
      await photos.prepare(small, inspectPhoto(small), signal)
      const pid = childPid()
      const idle = peakMb(pid)
      await photos.prepare(bytes, header, signal)
      expect(peakMb(pid) - idle).toBeLessThanOrEqual(MAX_OVER_IDLE_MB)
    },
    120_000,
  )
})
