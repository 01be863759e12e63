import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { InstalledModel } from '../../../models/store.ts'
import type { AdapterContext } from '../../catalog.ts'
import { verifyFile } from '../../host/verify-file.ts'
import type { Tts } from '../../tts.ts'
import { readOnnxMetadata } from '../sherpa/onnx-metadata.ts'
import { modelOf } from '../sherpa/open-installed.ts'
import type { OfflineTtsConfig } from './calls.ts'
import { openSherpaTts, type SherpaVoice } from './sherpa-tts.ts'

/** Opens an installed voice: `{ adapter: "sherpa", model: ID }`. */

/** @throws VigiaError `config_invalid`, `model_not_found`, `model_invalid`, `engine_unavailable` */
export async function openInstalledVoice(settings: EngineConfig, { models, onDeath }: AdapterContext): Promise<Tts> {
  const installed = await models.find(modelOf(settings))
  const threads = typeof settings.threads === 'number' ? settings.threads : 2
  const voice = sherpaVoiceOf(installed, threads)
  await assertWhole(voice.config)
  return openSherpaTts(voice, { onDeath })
}

/** @throws VigiaError `config_invalid` when the entry is no such voice */
export function sherpaVoiceOf({ entry, parts }: InstalledModel, threads: number): SherpaVoice {
  const { sid, language } = entry.settings
  return {
    id: entry.id,
    languages: entry.languages,
    sid: typeof sid === 'number' ? sid : 0,
    tellsLanguage: entry.family === 'supertonic',
    config: {
      ...familyOf(entry.id, entry.family, parts, typeof language === 'string' ? language : 'es'),
      numThreads: threads,
      provider: 'cpu',
      debug: 0,
    },
  }
}

const SUPERTONIC = ['durationPredictor', 'textEncoder', 'vectorEstimator', 'vocoder', 'ttsJson', 'unicodeIndexer', 'voiceStyle']

function familyOf(
  id: string,
  family: string,
  parts: InstalledModel['parts'],
  language: string,
): Partial<OfflineTtsConfig['model']> {
  const need = (names: readonly string[]): void => {
    const missing = names.filter((name) => !parts[name])
    if (missing.length === 0) return
    throw new VigiaError('config_invalid', `The voice "${id}" (${family}) lacks: ${missing.join(', ')}.`, {
      hint: 'See docs/bring-your-own-model.md.',
    })
  }
  const { model, tokens, voices, dataDir = '', lexicon = '' } = parts
  if (family === 'vits') {
    need(['model', 'tokens'])
    return { vits: { model: model!, tokens: tokens!, dataDir, lexicon } }
  }
  if (family === 'kokoro') {
    need(['model', 'voices', 'tokens', 'dataDir'])
    return { kokoro: { model: model!, voices: voices!, tokens: tokens!, dataDir, lang: language } }
  }
  need(family === 'supertonic' ? SUPERTONIC : ['a known family (vits, kokoro, supertonic)'])
  return { supertonic: Object.fromEntries(SUPERTONIC.map((name) => [name, parts[name]!])) }
}

/** What the library ends the process over is found before it is loaded. */
async function assertWhole({ vits, kokoro }: OfflineTtsConfig['model']): Promise<void> {
  const files = [vits?.model, vits?.tokens, kokoro?.model, kokoro?.voices, kokoro?.tokens].filter((path) => path !== undefined)
  for (const path of files) await verifyFile(path, {})
  if (!vits) return
  const metadata = await readOnnxMetadata(vits.model)
  const missing = ['sample_rate', 'n_speakers', 'comment'].filter((key) => !metadata.has(key))
  if (missing.length > 0) {
    throw new VigiaError('model_invalid', `${vits.model} lacks the metadata that a voice needs: ${missing.join(', ')}.`, {
      hint: 'Take the export made for sherpa-onnx.',
    })
  }
}
