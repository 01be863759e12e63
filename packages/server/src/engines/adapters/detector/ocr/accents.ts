import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { mergeAccents } from './merge-accents.ts'

/**
 * Reads a line of text once more with Tesseract for Spanish, for the accents, ñ, ¿ and ¡ that PP-OCR's alphabet lacks. Runs on
 * files of the package only.
 */

/** @param strip - an upright line as planes of red, green, blue in −1…1 */
export type RereadLine = (strip: { planes: Float32Array; width: number; height: number }, text: string) => Promise<string>

/** White around the line, px: Tesseract reads nothing that touches the edge. */
const MARGIN = 12
/** A single line of text (Tesseract's page segmentation modes). */
const SINGLE_LINE = '7'
/** LSTM only. */
const OEM = 1

/** @throws Error with code `MODULE_NOT_FOUND` or `ERR_MODULE_NOT_FOUND` where the optional packages are missing */
export async function openAccents(): Promise<RereadLine> {
  const require = createRequire(import.meta.url)
  const langPath = join(dirname(require.resolve('@tesseract.js-data/spa/package.json')), '4.0.0_best_int')
  const { createWorker } = await import('tesseract.js')
  const worker = await createWorker('spa', OEM, { langPath, gzip: true, cacheMethod: 'none', errorHandler: () => {} })
  await worker.setParameters({ tessedit_pageseg_mode: SINGLE_LINE as never, user_defined_dpi: '150' })
  return async (strip, text) => {
    if (!/\p{L}{2}/u.test(text)) return text
    const { data } = await worker.recognize(await toPng(strip))
    return mergeAccents(text, data.text.trim().replaceAll(/\s+/g, ' '))
  }
}

async function toPng({ planes, width, height }: Parameters<RereadLine>[0]): Promise<Buffer> {
  const size = width * height
  const grey = Buffer.alloc(size)
  for (let i = 0; i < size; i++) {
    const luma = 0.299 * planes[i]! + 0.587 * planes[size + i]! + 0.114 * planes[2 * size + i]!
    grey[i] = Math.round((luma + 1) * 127.5)
  }
  // Tesseract expects dark letters on light ground: most of a strip is ground.
  const mean = grey.reduce((sum, value) => sum + value, 0) / size
  const upright = mean < 128 ? grey.map((value) => 255 - value) : grey
  const margin = { top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN }
  return sharp(Buffer.from(upright), { raw: { width, height, channels: 1 } })
    .normalise()
    .extend({ ...margin, extendWith: 'copy' })
    .png({ compressionLevel: 1 })
    .toBuffer()
}
