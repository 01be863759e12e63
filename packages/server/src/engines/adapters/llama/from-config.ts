import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import type { LoadVariant } from '../../ledger.ts'
import type { Llm } from '../../llm.ts'
import { enginesDir, installedBuild } from './builds.ts'
import { type LlamaSettings, openLlama } from './llama.ts'

/** Installed models by id, as the model store gives them. */
export interface InstalledModels {
  find(id: string): Promise<{ parts: Record<string, string>; entry: { settings?: Record<string, unknown> } }>
}

export interface LlamaContext {
  onDeath: (death: EngineDeath) => void
  models: InstalledModels
  variant: LoadVariant
}

/**
 * A model by its catalogue id (`model`) or by file (`modelPath`), loaded as the memory ledger says.
 *
 * @throws VigiaError `config_invalid`, and what `openLlama` throws
 */
export async function openConfiguredLlama(settings: EngineConfig, context: LlamaContext): Promise<Llm> {
  const { gpu, ramMb: _ramMb, vramMb: _vramMb, ...own } = settings
  const found = await filesOf(own, context.models)
  const onCard = gpu === false || context.variant === 'cpu' ? {} : gpuBuild()
  const merged = { ...onCard, ...found, ...own } as unknown as LlamaSettings
  return openLlama(forVariant(merged, context.variant), { onDeath: context.onDeath })
}

/** A GPU build is used as soon as it is there. */
function gpuBuild(): Partial<LlamaSettings> {
  const libraryDir = enginesDir()
  const build = installedBuild(libraryDir)
  return build ? { build, libraryDir } : {}
}

/** Settings that the catalogue has for a model named by id; none for one named by file. */
export async function filesOf(settings: Record<string, unknown>, models: InstalledModels): Promise<Record<string, unknown>> {
  if (settings.modelPath !== undefined) return {}
  if (typeof settings.model !== 'string')
    throw new VigiaError('config_invalid', 'engines.llm: expected "model" or "modelPath" for the adapter "llama".', {
      hint: 'Name a model of "vigia models list", or the path of a .gguf file.',
    })
  const { parts, entry } = await models.find(settings.model)
  const { contextTokens } = entry.settings ?? {}
  return {
    modelPath: parts.model,
    ...(parts.projector ? { projectorPath: parts.projector } : {}),
    ...(typeof contextTokens === 'number' ? { contextTokens } : {}),
  }
}

/** `smaller` halves the cache; `cpu` leaves the card alone. */
function forVariant(settings: LlamaSettings, variant: LoadVariant): LlamaSettings {
  if (variant === 'cpu') return { ...settings, gpuLayers: 0 }
  const gpuLayers = settings.gpuLayers ?? (settings.build && settings.build !== 'cpu' ? 999 : 0)
  if (variant === 'smaller') return { ...settings, gpuLayers, contextTokens: Math.floor((settings.contextTokens ?? 8192) / 2) }
  return { ...settings, gpuLayers }
}
