import { VigiaError } from '@vigia/protocol'
import type { AssistantTool } from './tools.ts'

/** A tool that is one HTTP call. The address comes from the configuration alone: a model chooses arguments, never where they go. */

export interface HttpToolConfig {
  name: string
  description: string
  parameters: Record<string, unknown>
  effect: 'read' | 'mutating'
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers: Record<string, string>
  timeoutMs: number
}

const MAX_BYTES = 64 * 1024

export const httpTool = ({
  name,
  description,
  parameters,
  effect,
  url,
  method,
  headers,
  timeoutMs,
}: HttpToolConfig): AssistantTool => ({
  name,
  description,
  parameters,
  effect,
  async run(args, { signal, commit, callId }) {
    const target = new URL(url)
    if (method === 'GET') for (const [key, value] of Object.entries(args)) target.searchParams.set(key, asText(value))
    signal.throwIfAborted()
    commit()
    const answer = await fetch(target, {
      method,
      redirect: 'error',
      headers: {
        // the same call sent twice is the same act
        ...(effect === 'mutating' ? { 'idempotency-key': callId } : {}),
        ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(method === 'GET' ? {} : { body: JSON.stringify(args) }),
      signal: AbortSignal.any([...(effect === 'read' ? [signal] : []), AbortSignal.timeout(timeoutMs)]),
    }).catch((cause: unknown) => {
      throw new VigiaError('llm_failed', `the tool "${name}" could not be reached`, { cause })
    })
    const text = await limited(answer)
    if (answer.ok) return text
    throw new VigiaError('llm_failed', `the tool "${name}" answered ${answer.status}: ${text.slice(0, 200)}`)
  },
})

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

async function limited(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MAX_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString('utf8')
}
