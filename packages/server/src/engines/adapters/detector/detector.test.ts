import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { visionContract } from '../../contract/vision-contract.ts'
import { openDetectorVision } from './detector.ts'
import { installedParts, packageRoot } from './installed.ts'
import type { Sight } from './sight.ts'

const signal = new AbortController().signal
const sight: Sight = { objects: [], texts: [], codes: [], missing: [] }

describe('openDetectorVision', () => {
  test('describes what was seen and is marked as a detector', async () => {
    await using vision = openDetectorVision({ look: async () => ({ ...sight, missing: ['codes'] }) })
    expect(vision.method).toBe('detector')
    const draft = await vision.describe({ images: [Uint8Array.of(1)], language: 'es' }, signal)
    expect(draft.uncertain).toContain('No está instalado el lector de códigos.')
  })

  test('is unavailable where no part is installed, rather than seeing nothing', async () => {
    await using vision = openDetectorVision({ look: async () => ({ ...sight, missing: ['objects', 'text', 'codes'] }) })
    const error = await vision.describe({ images: [Uint8Array.of(1)], language: 'es' }, signal).catch((e: unknown) => e)
    expect(VigiaError.is(error) && error.code).toBe('engine_unavailable')
  })

  test('rejects with the reason of an aborted signal', async () => {
    const reason = new Error('client left')
    await using vision = openDetectorVision({ look: async () => sight })
    await expect(vision.describe({ images: [Uint8Array.of(1)], language: 'es' }, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})

visionContract(
  'the detector on what was seen',
  async () => openDetectorVision({ look: async () => structuredClone(sight) }),
  async () => contractPhotos(),
)

const readsAccents = ['tesseract.js', '@tesseract.js-data/spa'].every((name) => packageRoot(name) !== null)
const isInstalled = installedParts().length === 3
const photos = [process.env.VIGIA_SHARED, join(process.cwd(), '../shared')]
  .flatMap((dir) => (dir ? [join(dir, 'photos')] : []))
  .find((dir) => existsSync(dir))

describe.skipIf(!isInstalled)('the detectors themselves (skipped where the optional packages are missing)', () => {
  const vision = openDetectorVision()
  afterAll(() => vision[Symbol.asyncDispose]())
  const describePhoto = (jpeg: Uint8Array) => vision.describe({ images: [jpeg], language: 'es' }, signal)

  visionContract('the detector', async () => openDetectorVision(), contractPhotos)

  test('see nothing on a blank picture', async () => {
    const blank = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#b0b0b0' } })
      .jpeg()
      .toBuffer()
    expect(await describePhoto(blank)).toMatchObject({ people: [], objects: [], text_visible: [], dangers: [] })
  })

  test('read a turned QR code with ñ', async () => {
    const { writeBarcode } = await import('zxing-wasm/full')
    const { prepareZXingModule } = await import('zxing-wasm/full')
    const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/full/zxing_full.wasm'))
    await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer }, fireImmediately: true })
    const { image } = await writeBarcode('Mañana a las 9 en el café', { format: 'QRCode', scale: 8 })
    const png = Buffer.from(await image!.arrayBuffer())
    const jpeg = await sharp(png)
      .rotate(20, { background: '#ffffff' })
      .extend({ top: 60, bottom: 60, left: 60, right: 60, background: '#ffffff' })
      .jpeg()
      .toBuffer()
    expect((await describePhoto(jpeg)).text_visible).toContain('Mañana a las 9 en el café')
  })

  test('read at least 90 % of the characters of printed Spanish signs', async (context) => {
    const signs = [
      ['SALIDA DE', 'EMERGENCIA'],
      ['PRECAUCIÓN', 'SUELO MOJADO'],
      ['¡Cuidado! Niños jugando', 'No pasar sin autorización'],
      ['¿Dónde está el baño?', 'Teléfono 912 345 67'],
    ]
    for (const lines of signs) {
      const jpeg = await drawSign(lines)
      if (!jpeg) return context.skip('no font is installed')
      const expected = lines.join('\n')
      const read = (await describePhoto(jpeg)).text_visible.join('\n')
      expect(1 - editDistance(expected, read) / expected.length).toBeGreaterThanOrEqual(readsAccents ? 0.95 : 0.9)
      if (readsAccents) expect(read.match(/[ñ¿¡áéíóú]/giu)?.length ?? 0).toBe(expected.match(/[ñ¿¡áéíóú]/giu)?.length ?? 0)
    }
  })

  test('answer what a sign says, and say so when it cannot be answered', async (context) => {
    const jpeg = await drawSign(['FARMACIA', 'SERVICIO NOCTURNO'])
    if (!jpeg) return context.skip('no font is installed')
    const ask = (prompt: string) => vision.describe({ images: [jpeg], language: 'es', prompt }, signal)
    expect((await ask('¿Qué pone en el cartel?')).description).toMatch(/^Se lee: «FARMACIA».*«SERVICIO NOCTURNO»/)
    expect((await ask('¿A qué hora abre?')).description).toMatch(/^Sin un modelo de visión no se puede responder/)
  })

  test.skipIf(!photos)('find people, things and text in real photos (skipped where the shared folder is missing)', async () => {
    const look = async (file: string) => describePhoto(readFileSync(join(photos!, file)))
    const airport = await look('people_airport.jpg')
    expect(airport.people.length).toBeGreaterThanOrEqual(4)
    expect(airport.description).toContain('maletas')
    const street = await look('street_dog_bicycle.jpg')
    expect(street.objects.join()).toMatch(/bicicleta.*perro|perro.*bicicleta/)
    const sign = await look('sign_street_text.jpg')
    expect(sign.text_visible.join().replaceAll('É', 'E')).toContain('LES ARTS DECORATIFS')
    expect(sign.people).toEqual([])
    expect((await look('table_coffee.jpg')).objects).toEqual(['una taza en el centro'])
  })
})

/** A white page and a grey wall with a dark square. */
async function contractPhotos() {
  const draw = (background: string) =>
    sharp({ create: { width: 320, height: 240, channels: 3, background } })
      .composite([{ input: { create: { width: 60, height: 60, channels: 3, background: '#222222' } }, left: 40, top: 40 }])
      .jpeg()
      .toBuffer()
  const measured = { width: 320, height: 240, light: 200, sharpness: 90, colors: ['blanco'], dhash: '0'.repeat(16) }
  return { first: await draw('#ffffff'), second: await draw('#909090'), measured }
}

/** White letters on green, a little turned; null where no font is installed. */
async function drawSign(lines: string[]): Promise<Buffer | null> {
  const texts = lines.map(
    (line, i) => `<text x="450" y="${180 + i * 110}" font-size="52" text-anchor="middle" fill="#fff">${line}</text>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="460" font-family="sans-serif">${texts.join('')}</svg>`
  const letters = await sharp(Buffer.from(svg)).png().toBuffer()
  if ((await sharp(letters).stats()).channels[3]?.max === 0) return null
  const sign = sharp({ create: { width: 900, height: 460, channels: 3, background: '#0a6b3a' } }).composite([{ input: letters }])
  return sharp(await sign.png().toBuffer())
    .rotate(5, { background: '#777777' })
    .jpeg()
    .toBuffer()
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
