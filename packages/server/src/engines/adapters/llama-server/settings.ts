import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'

const Schema = z.strictObject({
  adapter: z.literal('llama-server').default('llama-server'),
  binary: z.string().min(1).default('llama-server').describe('path or name of the program of llama.cpp'),
  modelPath: z.string().min(1).describe('a .gguf file'),
  projectorPath: z.string().min(1).optional().describe('mmproj file of a model that sees'),
  model: z.string().optional().describe('name to show'),
  contextTokens: z.number().int().min(512).default(8192).describe('prompt and answer of one request'),
  parallel: z.number().int().min(1).max(64).default(1).describe('requests at the same time, each with its own context'),
  gpuLayers: z
    .number()
    .int()
    .min(0)
    .max(999)
    .default(999)
    .describe('layers on the graphics card; 999 is all, where the build has one'),
  args: z.array(z.string()).default([]).describe('more arguments for the program'),
  startMs: z.number().int().min(1000).default(300_000).describe('longest time until the model is loaded'),
  timeoutMs: z.number().int().min(1000).default(120_000).describe('longest silence'),
})
export type LlamaServerSettings = z.input<typeof Schema>
export type LlamaServerConfig = z.output<typeof Schema>

/** @throws VigiaError `config_invalid` */
export function parseSettings(settings: LlamaServerSettings): LlamaServerConfig {
  const parsed = Schema.safeParse(settings)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new VigiaError('config_invalid', `llama-server: ${issue?.path.join('.')}: ${issue?.message}.`, {
    hint: 'docs/vision.md lists the settings of "llama-server".',
  })
}

/** Arguments of the program. The key travels in the environment, where other users do not see it. */
export function argumentsOf(config: LlamaServerConfig, port: number): string[] {
  const { modelPath, projectorPath, contextTokens, parallel, gpuLayers, args } = config
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--model', modelPath],
    ...(projectorPath ? ['--mmproj', projectorPath] : []),
    // The program divides its context among its slots.
    ...['--ctx-size', String(contextTokens * parallel), '--parallel', String(parallel), '--n-gpu-layers', String(gpuLayers)],
    ...args,
  ]
}
