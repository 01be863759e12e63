import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, sep } from 'node:path'
import sharp from 'sharp'
import { packageRoot } from './installed.ts'
import type { DetectedObject, RgbImage } from './sight.ts'
import { suppress } from './suppress.ts'

/**
 * Objects and people: the CenterNet head (MobileNet v3, COCO) whose weights lie in the package `@vladmandic/human`, run by
 * tfjs on wasm. Only the weights of that package are used.
 */

/** Side of the square that the model takes, px. */
const SIDE = 512

/** On ten photos with a kept aspect ratio: at 0.35 all reported objects were right; at 0.28 four were wrong. */
const MIN_SCORE = 0.35

export type FindObjects = (image: RgbImage) => Promise<DetectedObject[]>

const require = createRequire(import.meta.url)

/** @throws Error with code `MODULE_NOT_FOUND` where the optional packages are missing */
export async function openObjects(): Promise<FindObjects> {
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core')
  const { loadGraphModel } = require('@tensorflow/tfjs-converter') as typeof import('@tensorflow/tfjs-converter')
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm')
  const models = join(rootOf('@vladmandic/human'), 'models')
  wasm.setWasmPaths(join(rootOf('@tensorflow/tfjs-backend-wasm'), 'dist') + sep)
  await tf.setBackend('wasm')
  const model = await loadGraphModel({ load: () => loadWeights(models) })
  return async (image) => {
    const { pixels, toBox } = await letterbox(image)
    const input = tf.tensor4d(Float32Array.from(pixels), [1, SIDE, SIDE, 3])
    const output = model.execute(input, 'tower_0/detections') as import('@tensorflow/tfjs-core').Tensor
    const rows = (await output.array()) as number[][][]
    tf.dispose([input, output])
    return suppress((rows[0] ?? []).flatMap((row) => toObject(row, toBox)))
  }
}

function rootOf(name: string): string {
  const root = packageRoot(name)
  if (root) return root
  throw Object.assign(new Error(`Package ${name} is not installed.`), { code: 'MODULE_NOT_FOUND' })
}

async function loadWeights(models: string) {
  const topology = JSON.parse(await readFile(join(models, 'centernet.json'), 'utf8'))
  const weights = await readFile(join(models, 'centernet.bin'))
  return {
    modelTopology: topology.modelTopology,
    signature: topology.signature,
    format: topology.format,
    weightSpecs: topology.weightsManifest[0].weights,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength) as ArrayBuffer,
  }
}

type ToBox = (x1: number, y1: number, x2: number, y2: number) => DetectedObject['box']

/** Fits the picture into the model's square with its aspect ratio kept: stretching cost two of six people in a test photo. */
async function letterbox({ data, width, height }: RgbImage): Promise<{ pixels: Uint8Array; toBox: ToBox }> {
  const scale = SIDE / Math.max(width, height)
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: SIDE, height: SIDE, fit: 'contain', background: '#808080' })
    .raw()
    .toBuffer()
  const x0 = (SIDE - width * scale) / 2
  const y0 = (SIDE - height * scale) / 2
  const clamp = (share: number) => Math.min(1, Math.max(0, share))
  const x = (px: number) => clamp((px - x0) / (width * scale))
  const y = (px: number) => clamp((px - y0) / (height * scale))
  return { pixels, toBox: (x1, y1, x2, y2) => ({ left: x(x1), top: y(y1), right: x(x2), bottom: y(y2) }) }
}

function toObject(row: number[], toBox: ToBox): DetectedObject[] {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, classId = -1] = row
  if (!(score >= MIN_SCORE) || !Number.isInteger(classId) || classId < 0 || classId > 79) return []
  return [{ classId, score, box: toBox(x1, y1, x2, y2) }]
}
