import { serveEngine } from '../../../host/serve.ts'
import type { FromPhotoProcess, SharpCalls } from '../sharp-calls.ts'

/** A photo process that dies of photos whose first byte is 0; the others take a while. */

const FOUND: FromPhotoProcess = {
  width: 1,
  height: 1,
  light: 0,
  sharpness: 0,
  colors: [],
  dhash: '0'.repeat(16),
  view: new Uint8Array(),
  thumb: new Uint8Array(),
  exifTime: null,
}

serveEngine<SharpCalls>({
  async prepare({ bytes }) {
    if (bytes[0] === 0) process.exit(7)
    await new Promise((resolve) => setTimeout(resolve, 100))
    return { ...FOUND, light: bytes[0] ?? 0 }
  },
})
