import { availableParallelism } from 'node:os'
import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { InstalledModel } from '../../../models/store.ts'
import type { Asr } from '../../asr.ts'
import type { AdapterContext } from '../../catalog.ts'
import type { SherpaFamily, SherpaFiles, SherpaModel } from './model.ts'
import { openSherpaAsr } from './sherpa.ts'

/** Opens an installed model of the catalogue, or of the user's own: `{ adapter: "sherpa", model: ID }`. */

/** Files that a family needs, by the names of the catalogue. */
const PARTS: Readonly<Record<SherpaFamily, readonly string[]>> = {
  nemo_ctc: ['model'],
  zipformer_ctc: ['model'],
  sense_voice: ['model'],
  transducer: ['encoder', 'decoder', 'joiner'],
  nemo_transducer: ['encoder', 'decoder', 'joiner'],
  whisper: ['encoder', 'decoder'],
  canary: ['encoder', 'decoder'],
  moonshine: ['preprocessor', 'encoder', 'uncachedDecoder', 'cachedDecoder'],
}

/** @throws VigiaError `config_invalid`, and what `openSherpaAsr` throws */
export async function openInstalledSherpa(settings: EngineConfig, { models, onDeath }: AdapterContext): Promise<Asr> {
  const installed = await models.find(modelOf(settings))
  const threads = typeof settings.threads === 'number' ? settings.threads : undefined
  // Recordings are decoded span by span, as many at a time as there are cores for.
  const parallel = Math.max(2, Math.min(4, availableParallelism()))
  return openSherpaAsr(sherpaModelOf(installed, threads), { onDeath, parallel })
}

/** @throws VigiaError `config_invalid` */
export function modelOf({ adapter, model }: EngineConfig): string {
  if (typeof model === 'string' && model !== '') return model
  throw new VigiaError('config_invalid', `The adapter "${adapter}" needs a model, got ${JSON.stringify(model ?? null)}.`, {
    hint: 'Name one of "vigia models list" as "model".',
  })
}

/** @throws VigiaError `config_invalid` when the entry is no such recognizer */
export function sherpaModelOf({ entry, parts, expected }: InstalledModel, threads?: number): SherpaModel {
  const { family, settings } = entry
  const needed = Object.hasOwn(PARTS, family) ? PARTS[family as SherpaFamily] : null
  const missing = needed ? [...needed, 'tokens'].filter((name) => !parts[name]) : ['a known family']
  if (missing.length > 0)
    throw new VigiaError('config_invalid', `Model "${entry.id}" (${family}) lacks for this adapter: ${missing.join(', ')}.`, {
      hint: `Known families: ${Object.keys(PARTS).join(', ')}. See docs/bring-your-own-model.md.`,
    })
  const number = (name: string): number | undefined => (typeof settings[name] === 'number' ? settings[name] : undefined)
  return {
    id: entry.id,
    files: { family, ...Object.fromEntries(needed!.map((name) => [name, parts[name]!])) } as SherpaFiles,
    tokens: parts.tokens!,
    languages: entry.languages,
    // The checksums were checked when the model came; size is enough at each start.
    expected: Object.fromEntries(Object.entries(expected).map(([path, { bytes }]) => [path, { bytes }])),
    featureDim: number('featureDim'),
    language: typeof settings.language === 'string' ? settings.language : defaultLanguage(family, entry.languages),
    punctuation: settings.punctuation === true,
    maxUtteranceMs: number('maxUtteranceMs'),
    threads: threads ?? number('threads'),
    padMs: number('padMs'),
    ...(parts.bpeVocab ? { bpeVocab: parts.bpeVocab } : {}),
  }
}

/** Canary must be opened with a language; Whisper detects with none. */
const defaultLanguage = (family: string, languages: readonly string[] | 'any'): string | undefined =>
  family === 'canary' ? (languages === 'any' ? 'es' : languages.includes('es') ? 'es' : languages[0]) : undefined
