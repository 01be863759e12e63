import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { ERROR_CODES, type ErrorCode, VigiaError } from '@vigia/protocol'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecoder } from '../../src/media/decoder.ts'
import { isoHeader, jpegHeader, pngHeader, webpHeader } from '../../src/vision/testing/header-bytes.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { usedMemory } from '../helpers/memory.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { AUDIO_BOMBS, noise } from './audio-bombs.ts'

/** Recordings and photos that are small and unfold, through the whole server: bounded memory, one clear answer, and it goes on. */

const MIB = 1024 * 1024

let app: Awaited<ReturnType<typeof startTestServer>>
let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-bombs-'))
  const access = { requestsPerSecond: 10_000, sessionsPerMinute: 100_000, photosPerSecond: 1000 }
  // this process makes the bombs too: its event loop stands still for that
  app = await startTestServer({ dataDir: dir, access, overload: { maxEventLoopDelayMs: 60_000 } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

/** The most memory in use while something happens, beyond what was in use before. */
async function peakDuring(work: () => Promise<void>): Promise<number> {
  const before = usedMemory()
  let peak = 0
  const look = setInterval(() => {
    const { heapUsed, external } = process.memoryUsage()
    peak = Math.max(peak, heapUsed + external - before)
  }, 20)
  try {
    await work()
  } finally {
    clearInterval(look)
  }
  return peak
}

/** The wire's codes are the registry's; what is the server's own fault is not among the answers. */
const isClientMistake = (code: string): boolean => ERROR_CODES[code as ErrorCode].http < 500

describe('audio', () => {
  it.each(AUDIO_BOMBS)('$name', async ({ bytes, encoding, maxSeconds }) => {
    const peak = await peakDuring(async () => {
      const url = `${app.url}/sessions?encoding=${encoding}&analyze=false&diarize=false`
      const headers = { 'content-type': 'application/octet-stream' }
      const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(bytes) })
      expect(answer.status).toBe(202)
      const { session_id } = (await answer.json()) as { session_id: string }
      const session = () => app.store.sessions.get(session_id)
      await expect.poll(async () => (await session())?.state, { timeout: 30_000 }).toBe('final')
      expect((await session())!.durationMs).toBeLessThanOrEqual(maxSeconds * 1000)

      await using client = await LiveClient.connect(app.url)
      await client.open({ encoding, analyze: false, diarize: false })
      await client.audio(bytes)
      client.send({ type: 'end_of_stream' })
      expect((await client.next('final_result', 0, 30_000)).duration).toBeLessThanOrEqual(maxSeconds)
      const codes = new Set(client.all('error').map(({ code }) => code))
      expect(codes.size).toBeLessThanOrEqual(1)
      for (const code of codes) expect(isClientMistake(code)).toBe(true)
    })
    expect(peak).toBeLessThan(100 * MIB)
  })

  it('a declared gap of days, a thousand times, is no work for a recognizer', async () => {
    await using client = await LiveClient.connect(app.url)
    await client.open({ analyze: false, diarize: false, results: 'end' })
    for (let i = 0; i < 1000; i += 1) client.send({ type: 'gap', ms: 86_400_000, gap_id: `g${i}` })
    await client.audio(new Uint8Array(3200))
    client.drop()
    // it is left to wait for its client; what it would give is bounded in recording.test.ts
    expect((await fetch(`${app.url}/livez`)).status).toBe(200)
  })
})

describe('photos', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
  const photos: [string, () => Uint8Array | Promise<Uint8Array>][] = [
    ['PNG that says 50 000 × 50 000', () => pngHeader(50_000, 50_000)],
    ['PNG that says 2^31 × 1', () => pngHeader(0x7fffffff, 1)],
    ['JPEG that says 65 535 × 65 535', () => jpegHeader(65_535, 65_535)],
    ['AVIF that says 30 000 × 30 000', () => isoHeader(['avif'], [[30_000, 30_000]])],
    ['AVIF without a size', () => isoHeader(['avif'])],
    ['WebP with animation', () => webpHeader(64, 64, true)],
    ['WebP that says 16 384 × 16 384 and is empty', () => webpHeader(16_384, 16_384, false)],
    ['PNG of 144 megapixels of nothing', () => blackPng(12_000)],
    ['PNG whose text unfolds to 64 MiB', () => withText(64 * MIB)],
    ['SVG', () => text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>')],
    ['HTML behind a JPEG mark', () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), text('<script>alert(1)</script>')])],
    ['GIF', () => Buffer.concat([text('GIF89a'), noise(200)])],
    ['TIFF', () => Buffer.concat([Buffer.from('49492a0008000000', 'hex'), noise(200)])],
    [
      'JPEG of sixty thousand empty segments',
      () => Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(240_000, Buffer.from('ffe00002', 'hex'))]),
    ],
    ['noise', () => noise(100_000)],
    ['nothing', () => new Uint8Array(0)],
  ]

  it.each(photos)('%s is refused, or seen within bounds', async (_, make) => {
    const bytes = await make()
    const peak = await peakDuring(async () => {
      const form = new FormData()
      form.set('file', new Blob([new Uint8Array(bytes)]), 'x.jpg')
      const answer = await fetch(`${app.url}/vision/frame`, { method: 'POST', body: form })
      const { error } = (await answer.json()) as { error?: { code: string } }
      if (answer.status !== 200) expect([error!.code, isClientMistake(error!.code)]).toEqual([error!.code, true])
    })
    expect(peak).toBeLessThan(150 * MIB)
  })

  async function blackPng(side: number): Promise<Uint8Array> {
    return sharp({ create: { width: side, height: side, channels: 3, background: '#000' }, limitInputPixels: false })
      .png()
      .toBuffer()
  }

  /** A good small picture with a compressed text that is far larger. */
  async function withText(length: number): Promise<Uint8Array> {
    const picture = await blackPng(64)
    const body = Buffer.concat([Buffer.from('zTXtComment\0\0'), deflateSync(Buffer.alloc(length))])
    const size = Buffer.alloc(4)
    size.writeUInt32BE(body.length - 4)
    const crc = Buffer.alloc(4)
    const afterIhdr = 33
    return Buffer.concat([picture.subarray(0, afterIhdr), size, body, crc, picture.subarray(afterIhdr)])
  }
})

it('after all of it the server answers and records as before', async () => {
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200)
  await using client = await LiveClient.connect(app.url)
  await client.open({ results: 'end', analyze: false })
  await client.audio(new Uint8Array(32_000))
  client.send({ type: 'end_of_stream' })
  expect((await client.next('final_result', 0, 30_000)).duration).toBe(1)
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  expect(metrics).not.toMatch(/vigia_errors_total\{code="internal"\}/)
})

/** Kept inputs: `ENCODING-what.bin`. One that once broke a decoder is added here. */
describe('the corpus', async () => {
  const folder = join(import.meta.dirname, 'corpus')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.bin'))

  it('is there', () => expect(names.length).toBeGreaterThanOrEqual(12))

  it.each(names)('%s, however it is cut', async (name) => {
    const bytes = await readFile(join(folder, name))
    const encoding = name.split('-')[0]!
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const decoder = await createDecoder({ encoding: encoding as never, sampleRate: 16_000, channels: 1 })
        let samples = 0
        try {
          let from = 0
          for (const to of [...cuts, bytes.length].toSorted((a, b) => a - b)) {
            samples += decoder.decode(bytes.subarray(from, to)).length
            from = to
          }
          samples += decoder.end().length
        } catch (error) {
          if (!VigiaError.is(error)) throw error
        } finally {
          decoder.free()
        }
        expect(samples).toBeLessThan(16_000 * 60)
      }),
      { numRuns: Number(process.env.VIGIA_FUZZ_RUNS ?? 10) },
    )
  })
})
