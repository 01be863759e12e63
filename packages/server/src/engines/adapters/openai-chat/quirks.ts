/**
 * What differs between servers that speak the OpenAI chat API. Pure. A body is made for a server with the quirks known
 * so far; an error that names a field teaches another quirk, once.
 */

export type ServerKind = 'llama.cpp' | 'vllm' | 'ollama' | 'openai' | 'groq' | 'gemini' | 'anthropic' | 'other'

export interface Quirks {
  kind: ServerKind
  /** How a schema is asked for. */
  json: 'schema' | 'object' | 'none'
  tokens: 'max_tokens' | 'max_completion_tokens'
  /** How thinking is switched off. */
  thinking: 'template' | 'effort_none' | 'effort_low' | 'none'
  temperature: boolean
  seed: boolean
  /** `stream_options` is known. */
  usage: boolean
}

/** @param owner - `owned_by` of the first model that the server lists */
export function guessKind(url: string, owner: string | undefined): ServerKind {
  const { hostname } = new URL(url)
  if (hostname === 'api.openai.com') return 'openai'
  if (hostname === 'api.groq.com') return 'groq'
  if (hostname === 'generativelanguage.googleapis.com') return 'gemini'
  if (hostname === 'api.anthropic.com') return 'anthropic'
  if (owner === 'llamacpp') return 'llama.cpp'
  if (owner === 'vllm') return 'vllm'
  if (owner === 'library' || owner === 'ollama') return 'ollama'
  return 'other'
}

export function quirksOf(kind: ServerKind): Quirks {
  const common: Quirks = {
    kind,
    json: 'schema',
    tokens: 'max_tokens',
    thinking: 'none',
    temperature: true,
    seed: true,
    usage: true,
  }
  switch (kind) {
    case 'llama.cpp':
    case 'vllm':
      return { ...common, thinking: 'template' }
    case 'ollama':
      return { ...common, thinking: 'effort_none' }
    case 'openai':
      return { ...common, tokens: 'max_completion_tokens' }
    case 'groq':
      return { ...common }
    case 'gemini':
      return { ...common, thinking: 'effort_none', seed: false }
    case 'anthropic':
      return { ...common, json: 'none', seed: false }
    case 'other':
      return common
  }
}

/** The quirks after an error of status 400 or 422; null when the error teaches nothing new. */
export function learn(quirks: Quirks, message: string): Quirks | null {
  if (/\bmax_(?:completion_)?tokens/iu.test(message) && !/context|length/iu.test(message))
    return quirks.tokens === 'max_tokens' ? { ...quirks, tokens: 'max_completion_tokens' } : null
  if (/response_format|json_schema|guided|grammar|structured/iu.test(message) && quirks.json !== 'none')
    return { ...quirks, json: quirks.json === 'schema' ? 'object' : 'none' }
  if (/chat_template_kwargs|enable_thinking/iu.test(message) && quirks.thinking === 'template')
    return { ...quirks, thinking: 'none' }
  if (/reasoning_effort|thinking|reasoning/iu.test(message) && quirks.thinking.startsWith('effort'))
    return { ...quirks, thinking: quirks.thinking === 'effort_none' ? 'effort_low' : 'none' }
  if (/stream_options/iu.test(message) && quirks.usage) return { ...quirks, usage: false }
  if (/temperature|top_p/iu.test(message) && quirks.temperature) return { ...quirks, temperature: false }
  if (/\bseed\b/iu.test(message) && quirks.seed) return { ...quirks, seed: false }
  return null
}

/** Fields that differ by server. */
export function quirkFields(
  quirks: Quirks,
  request: { maxTokens: number; temperature?: number; topP?: number; seed?: number; schema?: Record<string, unknown> },
): Record<string, unknown> {
  const { maxTokens, temperature, topP, seed, schema } = request
  return {
    [quirks.tokens]: maxTokens,
    ...(quirks.temperature && temperature !== undefined ? { temperature } : {}),
    ...(quirks.temperature && topP !== undefined ? { top_p: topP } : {}),
    ...(quirks.seed && seed !== undefined ? { seed } : {}),
    ...(quirks.usage ? { stream_options: { include_usage: true } } : {}),
    ...(quirks.thinking === 'template' ? { chat_template_kwargs: { enable_thinking: false } } : {}),
    ...(quirks.thinking === 'effort_none' ? { reasoning_effort: 'none' } : {}),
    ...(quirks.thinking === 'effort_low' ? { reasoning_effort: 'low' } : {}),
    ...(schema && quirks.json === 'schema'
      ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }
      : {}),
    ...(schema && quirks.json === 'object' ? { response_format: { type: 'json_object' } } : {}),
  }
}
