import { VigiaError } from '@vigia/protocol'
import type { CompatDeps, CompatEngines } from './deps.ts'

/** Names of models: what is really loaded, the names that apps have built in, and which ability each asks for. */

/** What a model name is used for. */
export type Ability = 'chat' | 'transcription' | 'speech' | 'live'

export interface ModelEntry {
  name: string
  ability: Ability
  /** The engine's own model that serves it. */
  served: string
  api: 'gemini' | 'openai' | 'deepgram' | 'any'
}

/** Names that apps have built in. `compat.models` adds to them. */
const KNOWN: Readonly<Record<string, [Ability, ModelEntry['api']]>> = {
  'gemini-2.5-flash': ['chat', 'gemini'],
  'gemini-2.5-pro': ['chat', 'gemini'],
  'gemini-2.0-flash': ['chat', 'gemini'],
  'gemini-2.5-flash-native-audio-preview-12-2025': ['live', 'gemini'],
  'gemini-2.0-flash-live-001': ['live', 'gemini'],
  'gpt-4o': ['chat', 'openai'],
  'gpt-4o-mini': ['chat', 'openai'],
  'whisper-1': ['transcription', 'openai'],
  'gpt-4o-transcribe': ['transcription', 'openai'],
  'gpt-4o-mini-transcribe': ['transcription', 'openai'],
  'gpt-4o-transcribe-diarize': ['transcription', 'openai'],
  'gpt-4o-mini-tts': ['speech', 'openai'],
  'tts-1': ['speech', 'openai'],
  'gpt-realtime': ['live', 'openai'],
  'nova-3': ['transcription', 'deepgram'],
  'nova-2': ['transcription', 'deepgram'],
}

/** The loaded model behind an ability; null when nothing serves it. Without a language model, pictures are still answered. */
export function servedBy(ability: Ability, engines: CompatEngines): string | null {
  switch (ability) {
    case 'chat':
      return engines.llm?.model ?? engines.vision?.model ?? 'rules'
    case 'transcription':
      return engines.finalAsr.model
    case 'speech':
      return engines.tts?.model ?? null
    case 'live':
      return engines.llm?.model ?? engines.liveAsr.model
  }
}

/** What is there, under its own and its mapped names. */
export function listModels({ engines, settings }: Pick<CompatDeps, 'engines' | 'settings'>): ModelEntry[] {
  const loaded = engines()
  const own = (['chat', 'transcription', 'speech'] as const).flatMap((ability): ModelEntry[] => {
    const served = servedBy(ability, loaded)
    return served ? [{ name: served, ability, served, api: 'any' }] : []
  })
  const mapped = [
    ...Object.entries(settings.models).map(([name, ability]) => ({ name, ability, api: 'any' as const })),
    ...Object.entries(KNOWN).map(([name, [ability, api]]) => ({ name, ability, api })),
  ].flatMap((entry): ModelEntry[] => {
    const served = servedBy(entry.ability, loaded)
    return served ? [{ ...entry, served }] : []
  })
  const byName = new Map([...mapped.reverse(), ...own.reverse()].map((entry) => [entry.name, entry]))
  return [...byName.values()].reverse()
}

/** The bare name: what follows the last `models/`. */
export const bareName = (name: string): string => (name.includes('models/') ? name.slice(name.lastIndexOf('models/') + 7) : name)

/**
 * Any name is served by what is loaded for that ability, unless `compat.strictModels` is set.
 *
 * @returns the name to report back
 * @throws VigiaError `model_not_found`
 */
export function resolveModel(
  requested: string | undefined,
  ability: Ability,
  deps: Pick<CompatDeps, 'engines' | 'settings'>,
): string {
  const name = requested ? bareName(requested) : ''
  if (name === '') return servedBy(ability, deps.engines()) ?? ability
  if (!deps.settings.strictModels || listModels(deps).some((entry) => entry.name === name)) return name
  throw new VigiaError('model_not_found', `The model '${name.slice(0, 100)}' does not exist here.`, {
    hint: 'List the models; compat.models maps names, compat.strictModels=false takes any.',
  })
}
