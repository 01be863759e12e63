import type { EngineConfig } from '../../../config/schema.ts'
import type { Llm } from '../../llm.ts'
import { filesOf, type LlamaContext } from '../llama/from-config.ts'
import { openLlamaServer } from './llama-server.ts'
import type { LlamaServerSettings } from './settings.ts'

/**
 * A model by its catalogue id (`model`) or by file (`modelPath`); `cpu` leaves the card alone, `smaller` halves the context.
 *
 * @throws VigiaError what `openLlamaServer` throws
 */
export async function openConfiguredLlamaServer(
  settings: EngineConfig,
  { onDeath, models, variant }: LlamaContext,
): Promise<Llm> {
  const { gpu: _gpu, ramMb: _ramMb, vramMb: _vramMb, ...own } = settings
  const merged = { ...(await filesOf(own, models)), ...own } as unknown as LlamaServerSettings
  const contextTokens = merged.contextTokens ?? 8192
  const fitted =
    variant === 'smaller'
      ? { ...merged, contextTokens: Math.floor(contextTokens / 2) }
      : variant === 'cpu'
        ? { ...merged, gpuLayers: 0 }
        : merged
  return openLlamaServer(fitted, { onDeath })
}
