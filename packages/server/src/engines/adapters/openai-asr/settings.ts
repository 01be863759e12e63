import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { EngineConfig } from '../../../config/schema.ts'

/** Settings of a speech service: where it is, who asks, how long it may take. */

const Settings = z.strictObject({
  adapter: z.literal('openai'),
  baseUrl: z.url().optional(),
  urlEnv: z.string().optional(),
  model: z.string().min(1).default('whisper-1'),
  apiKey: z.string().optional(),
  keyEnv: z.string().optional(),
  timeoutMs: z.coerce.number().int().min(1000).max(600_000).default(60_000),
  maxRetries: z.coerce.number().int().min(0).max(5).default(2),
  maxUtteranceMs: z.coerce.number().int().min(5000).max(600_000).default(29_000),
  /** Live text over the realtime socket instead of decoding the open utterance again and again. */
  realtime: z.stringbool().or(z.boolean()).default(false),
  /** Words and languages are asked for at the start with a short clip, unless this is false. */
  probe: z.stringbool().or(z.boolean()).default(true),
})

export interface OpenAiAsrSettings extends Omit<z.infer<typeof Settings>, 'adapter' | 'urlEnv' | 'keyEnv'> {
  /** Without a slash at its end, with `/v1`. */
  baseUrl: string
}

type Env = Readonly<Record<string, string | undefined>>

/** @throws VigiaError `config_invalid` */
export function openAiAsrSettings(config: EngineConfig, env: Env = process.env): OpenAiAsrSettings {
  const parsed = Settings.safeParse(config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new VigiaError('config_invalid', `Speech service: ${issue!.path.join('.') || 'settings'}: ${issue!.message}.`)
  }
  const { urlEnv, keyEnv = 'OPENAI_API_KEY', baseUrl: given, apiKey, ...rest } = parsed.data
  const baseUrl = given ?? (urlEnv ? env[urlEnv] : undefined)
  if (!baseUrl)
    throw new VigiaError('config_invalid', 'The adapter "openai" needs the address of a speech service, got none.', {
      hint: 'Set "baseUrl", for instance http://127.0.0.1:8001/v1, or the variable VIGIA_OPENAI_ASR_URL.',
    })
  const key = apiKey ?? env[keyEnv]
  return { ...rest, baseUrl: baseUrl.replace(/\/+$/, ''), ...(key ? { apiKey: key } : {}) }
}
