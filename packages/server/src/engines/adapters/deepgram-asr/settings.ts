import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { EngineConfig } from '../../../config/schema.ts'

/** Settings of Deepgram, or of a server that speaks its API. */
const Settings = z.strictObject({
  adapter: z.literal('deepgram'),
  baseUrl: z.url().default('https://api.deepgram.com'),
  model: z.string().min(1).default('nova-3'),
  apiKey: z.string().optional(),
  keyEnv: z.string().default('DEEPGRAM_API_KEY'),
  timeoutMs: z.coerce.number().int().min(500).max(600_000).default(20_000),
  maxRetries: z.coerce.number().int().min(0).max(5).default(2),
  /** Speakers as the service tells them, on each word. */
  diarize: z.stringbool().or(z.boolean()).default(false),
})

export type DeepgramSettings = Omit<z.infer<typeof Settings>, 'adapter' | 'keyEnv'>

/** @throws VigiaError `config_invalid` */
export function deepgramSettings(
  config: EngineConfig,
  env: Readonly<Record<string, string | undefined>> = process.env,
): DeepgramSettings {
  const parsed = Settings.safeParse(config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new VigiaError('config_invalid', `Deepgram: ${issue!.path.join('.') || 'settings'}: ${issue!.message}.`)
  }
  const { keyEnv, apiKey, adapter: _, baseUrl, ...rest } = parsed.data
  const key = apiKey ?? env[keyEnv]
  if (!key) throw new VigiaError('config_invalid', 'Deepgram needs a key, got none.', { hint: `Set the variable ${keyEnv}.` })
  return { ...rest, baseUrl: baseUrl.replace(/\/+$/, ''), apiKey: key }
}
