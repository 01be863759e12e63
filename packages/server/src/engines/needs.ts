import type { EngineConfig } from '../config/schema.ts'
import type { ModelStore } from '../models/store.ts'
import type { EngineSpec } from './engine-memory.ts'
import type { Memory } from './ledger.ts'
import { modelsOf } from './profiles.ts'

/** A process with a small model of its own, MB. */
const SMALL: Memory = { ramMb: 100, vramMb: 0 }
const NONE: Memory = { ramMb: 0, vramMb: 0 }
const REMOTE = new Set(['openai', 'deepgram'])
/** Adapters that put their model on the card when there is one. */
const ON_CARD = new Set(['llama', 'llama-server'])
/** A process on the card still takes some memory beside it, MB. */
const HOST_MB = 600
/** What half the context saves of a language model's memory: its cache beside the weights, calculated for 7B models. */
const SMALLER = 0.85

/**
 * Memory that an engine with these settings takes, by the catalogue; `ramMb` and `vramMb` in its settings win. A language
 * model that lacks room is tried with half the context, then, from a card, on the CPU. The others have one way to load.
 */
export async function needsOf(settings: EngineConfig, models: ModelStore): Promise<EngineSpec<unknown>['needs']> {
  if (REMOTE.has(settings.adapter)) return { full: NONE }
  const entries = await models.entries()
  const named = modelsOf(settings).flatMap((id) => entries.filter((entry) => entry.id === id))
  const figure = (key: 'ramMb' | 'vramMb'): number =>
    typeof settings[key] === 'number' ? settings[key] : named.reduce((total, entry) => total + entry[key], 0)
  const ramMb = figure('ramMb') || SMALL.ramMb
  if (!ON_CARD.has(settings.adapter)) return { full: { ramMb, vramMb: named.length === 0 ? figure('vramMb') : 0 } }
  return languageModelNeeds(ramMb, settings.gpu === false ? 0 : figure('vramMb'))
}

function languageModelNeeds(ramMb: number, vramMb: number): EngineSpec<unknown>['needs'] {
  const shrunk = (mb: number): number => Math.ceil(mb * SMALLER)
  if (vramMb === 0) return { full: { ramMb, vramMb: 0 }, smaller: { ramMb: shrunk(ramMb), vramMb: 0 } }
  return {
    full: { ramMb: HOST_MB, vramMb },
    smaller: { ramMb: HOST_MB, vramMb: shrunk(vramMb) },
    cpu: { ramMb, vramMb: 0 },
  }
}

/** What the licences of an engine's models want shown where they are used. */
export async function attributionsOf(settings: EngineConfig, models: ModelStore): Promise<string[]> {
  const ids = modelsOf(settings)
  if (ids.length === 0) return []
  const entries = await models.entries()
  return ids.flatMap((id) => entries.find((entry) => entry.id === id)?.license.attribution ?? [])
}
