import { fileURLToPath } from 'node:url'
import type { Asr } from '../../asr.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import type { SherpaModel } from '../sherpa/model.ts'
import { openSherpaAsr } from '../sherpa/sherpa.ts'

/** The recognizer that comes with Vigía: a demo model that knows synthetic Spanish voices only. */

const DIR = new URL('../../../../../../models/tiny-es-asr/', import.meta.url)
const MODEL = fileURLToPath(new URL('model.int8.onnx', DIR))
const TOKENS = fileURLToPath(new URL('tokens.txt', DIR))

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
  const asr = await openSherpaAsr({ ...TINY_ES, threads }, { note: TINY_ES_NOTE, ...(onDeath ? { onDeath } : {}) })
  return { ...asr, id: 'tiny-es' }
}
