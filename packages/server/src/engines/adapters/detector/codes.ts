import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { ReadCode, RgbImage } from './sight.ts'

/** QR codes and barcodes, by ZXing in wasm. */

/** Most codes and characters reported of one photo. */
const MAX_CODES = 8
const MAX_TEXT = 500

export type ReadCodes = (image: RgbImage) => Promise<ReadCode[]>

/** @throws Error with code `ERR_MODULE_NOT_FOUND` or `MODULE_NOT_FOUND` where the optional package is missing */
export async function openCodes(): Promise<ReadCodes> {
  const { prepareZXingModule, readBarcodes } = await import('zxing-wasm/reader')
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
  // Without its own bytes the library would fetch them from a public server.
  await prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(await readFile(wasm)).buffer }, fireImmediately: true })
  return async (image) => {
    const found = await readBarcodes(toImageData(image), { tryHarder: true, maxNumberOfSymbols: MAX_CODES })
    return found
      .filter(({ isValid, text }) => isValid && text.length > 0)
      .map(({ format, text }) => ({ format, text: text.slice(0, MAX_TEXT) }))
  }
}

function toImageData({ data, width, height }: RgbImage): ImageData {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let i = 0, o = 0; i < data.length; i += 3, o += 4) rgba.set(data.subarray(i, i + 3), o)
  return { data: rgba, width, height, colorSpace: 'srgb' } as ImageData
}
