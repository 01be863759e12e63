import sharp from 'sharp'
import { Mutex } from '../../../std/mutex.ts'
import { serveEngine } from '../../host/serve.ts'
import { openCodes } from './codes.ts'
import type { DetectorCalls } from './detector-calls.ts'
import { openObjects } from './objects.ts'
import { openAccents } from './ocr/accents.ts'
import { openTexts } from './ocr/text.ts'
import type { RgbImage, Sight, SightPart } from './sight.ts'

/** The detector process: objects, text and codes, one photo at a time, each part loaded when first needed. */

type Look<T> = (image: RgbImage) => Promise<T[]>

/** Opens something once; null where its optional packages are not installed. */
function lazily<T>(open: () => Promise<T>): () => Promise<T | null> {
  let opened: Promise<T | null> | undefined
  return () => {
    opened ??= open().catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') return null
      throw error
    })
    return opened
  }
}

const accents = lazily(openAccents)
const parts = { objects: lazily(openObjects), texts: lazily(() => openTexts(accents)), codes: lazily(openCodes) }

async function look(jpeg: Uint8Array): Promise<Sight> {
  const { data, info } = await sharp(jpeg).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const image = { data, width: info.width, height: info.height }
  const missing: SightPart[] = []
  const ask = async <T>(part: SightPart, open: () => Promise<Look<T> | null>): Promise<T[]> => {
    const run = await open()
    if (!run) missing.push(part)
    return run ? run(image) : []
  }
  const objects = await ask('objects', parts.objects)
  const texts = await ask('text', parts.texts)
  const codes = await ask('codes', parts.codes)
  return { objects, texts, codes, accents: texts.length > 0 && (await accents()) !== null, missing }
}

sharp.concurrency(1)
sharp.cache(false)
const turn = new Mutex()
serveEngine<DetectorCalls>({ look: ({ jpeg }, { signal }) => turn.run(() => look(jpeg), signal) })
