import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Asr } from '../../asr.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import { verifyFile } from '../../host/verify-file.ts'
import type { SherpaModel } from '../sherpa/model.ts'
import { openSherpaAsr } from '../sherpa/sherpa.ts'
import { type CharModel, parseCharModel } from './char-model.ts'
import { reliabilityGate } from './reliability.ts'

/** The recognizer that comes with Vigía: a demo model that knows synthetic Spanish voices only. */

const DIR = new URL('../../../../../../models/tiny-es-asr/', import.meta.url)
const MODEL = fileURLToPath(new URL('model.int8.onnx', DIR))
const CHARS = fileURLToPath(new URL('es-chars.bin', DIR))
const TOKENS = fileURLToPath(new URL('tokens.txt', DIR))

const CHARS_FILE = { bytes: 144_272, sha256: 'a2ac8e35002c554ec21bfa1daed64ebf789f8d2334d5e0d10c49b2a9d4c1972b' }

export const TINY_ES_NOTE = 'Demo model: it understands synthetic Spanish voices only, no people.'

const TINY_ES: SherpaModel = {
  id: 'tiny-es',
  files: { family: 'nemo_ctc', model: MODEL },
  tokens: TOKENS,
  languages: ['es'],
  expected: {
    [MODEL]: { bytes: 1_914_999, sha256: '87ac3a0d5896f39f9293c99bb6ceeddab5625c04878a5f4b51779bc19d594d4b' },
    [TOKENS]: { bytes: 178, sha256: '58c19a2c6ec20225ca61f61334040b46bb63a9d890e42c08cc0dddbd2dfa19df' },
  },
}

export interface TinyEsOptions {
  threads?: number
  onDeath?: (death: EngineDeath) => void
}

/**
 * Opens `tiny-es`. What it makes of a real voice is told apart and marked `excluded: 'unreliable'`.
 *
 * @throws VigiaError `model_not_found`, `model_invalid`, `engine_unavailable`
 */
export async function openTinyEs({ threads = 1, onDeath }: TinyEsOptions = {}): Promise<Asr> {
  const gate = reliabilityGate(await loadCharModel())
  const asr = await openSherpaAsr({ ...TINY_ES, threads }, { note: TINY_ES_NOTE, gate, ...(onDeath ? { onDeath } : {}) })
  return { ...asr, id: 'tiny-es' }
}

/** @throws VigiaError `model_not_found`, `model_invalid` */
export async function loadCharModel(): Promise<CharModel> {
  await verifyFile(CHARS, CHARS_FILE)
  return parseCharModel(await readFile(CHARS))
}
