import { readFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'

/** Recordings and pictures that the tests send. */

const AUDIO = path.join(import.meta.dirname, '../../fixtures/audio')

export const wavFile = (name = 'es-04-tareas'): Buffer => readFileSync(path.join(AUDIO, `${name}.wav`))
export const wavText = (name = 'es-04-tareas'): string => readFileSync(path.join(AUDIO, `${name}.txt`), 'utf8').trim()

/** A red square on grey, as JPEG. */
export function redSquare(size = 320): Promise<Buffer> {
  const square = { create: { width: size / 2, height: size / 2, channels: 3, background: '#e01010' } } as const
  const ground = sharp({ create: { width: size, height: size, channels: 3, background: '#909090' } })
  return ground
    .composite([{ input: square }])
    .jpeg()
    .toBuffer()
}
