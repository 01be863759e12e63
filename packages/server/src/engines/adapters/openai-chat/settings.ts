import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'

/** Settings of a chat endpoint. */
const Schema = z.strictObject({
  adapter: z.string().optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('up to and with /v1'),
  urlEnv: z.string().optional().describe('variable that holds the URL, when baseUrl is left out'),
  model: z.string().optional().describe('name as the server has it; the first of /models when left out'),
  apiKey: z.string().optional(),
  apiKeyEnv: z.string().optional().describe('variable that holds the key'),
  contextTokens: z.number().int().min(512).optional().describe('prompt and answer; asked of the server when left out'),
  images: z.boolean().default(false),
  audio: z.boolean().default(false),
  tools: z.boolean().default(true),
  parallel: z.number().int().min(1).max(64).default(4).describe('photos that are asked about at the same time'),
  timeoutMs: z.number().int().min(1000).default(120_000).describe('longest silence of the server'),
  maxRetries: z.number().int().min(0).max(5).default(2),
  headers: z.record(z.string(), z.string()).default({}),
})
export type ChatSettings = z.input<typeof Schema>
export type ChatConfig = Omit<z.output<typeof Schema>, 'baseUrl'> & { baseUrl: string }

/** @throws VigiaError `config_invalid`, `engine_unavailable` when no URL is given */
export function parseChatSettings(settings: ChatSettings, env: NodeJS.ProcessEnv = process.env): ChatConfig {
  const parsed = Schema.safeParse(settings)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new VigiaError('config_invalid', `engines.llm.${issue?.path.join('.')}: ${issue?.message}.`, {
      hint: 'docs/llm.md lists the settings of "openai-chat".',
    })
  }
  const { data } = parsed
  const url = data.baseUrl ?? (data.urlEnv ? env[data.urlEnv] : undefined)
  if (!url)
    throw new VigiaError('engine_unavailable', 'No address is set for the language model service.', {
      hint: data.urlEnv ? `Set ${data.urlEnv} or engines.llm.baseUrl.` : 'Set engines.llm.baseUrl.',
    })
  const apiKey = data.apiKey ?? (data.apiKeyEnv ? env[data.apiKeyEnv] : undefined)
  return { ...data, baseUrl: url.replace(/\/+$/u, ''), ...(apiKey ? { apiKey } : {}) }
}
