import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { SpeechChunk, SynthesisRequest, Tts } from '../../tts.ts'

/** Voices behind an OpenAI-compatible `/v1/audio/speech`: speaches, Kokoro-FastAPI, OpenAI. Sound is taken as it comes. */

const Settings = z.strictObject({
  adapter: z.string().optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('up to and with /v1'),
  urlEnv: z.string().optional().describe('variable that holds the URL, when baseUrl is left out'),
  apiKey: z.string().optional(),
  apiKeyEnv: z.string().optional(),
  model: z.string().default('tts-1'),
  voice: z.string().default('alloy').describe('used where a session names none'),
  voices: z.record(z.string(), z.string()).default({}).describe('voice → language, what GET /voices lists'),
  sampleRate: z.number().int().min(8000).max(48_000).default(24_000).describe('of the PCM that the server sends'),
  timeoutMs: z.number().int().min(1000).default(20_000).describe('longest wait for the answer to begin'),
})
export type OpenAiTtsSettings = z.input<typeof Settings>

/** @throws VigiaError `config_invalid`, `engine_unavailable` when no address is set */
export function openOpenAiTts(settings: OpenAiTtsSettings, env: NodeJS.ProcessEnv = process.env): Promise<Tts> {
  const parsed = Settings.safeParse(settings)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new VigiaError('config_invalid', `engines.tts.${issue?.path.join('.')}: ${issue?.message}.`)
  }
  const { data } = parsed
  const url = data.baseUrl ?? (data.urlEnv ? env[data.urlEnv] : undefined)
  if (!url) {
    throw new VigiaError('engine_unavailable', 'No address is set for the speech service.', { hint: 'Set engines.tts.baseUrl.' })
  }
  const key = data.apiKey ?? (data.apiKeyEnv ? env[data.apiKeyEnv] : undefined)
  const target = `${url.replace(/\/+$/u, '')}/audio/speech`
  const voices = Object.entries(data.voices).map(([id, language]) => ({ id, language, name: id }))
  return Promise.resolve({
    id: 'openai-tts',
    model: data.model,
    voices: voices.length > 0 ? voices : [{ id: data.voice, language: 'und', name: data.voice }],
    synthesize: (request, signal) => synthesize({ ...data, target, key }, request, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

type Service = z.output<typeof Settings> & { target: string; key: string | undefined }

async function* synthesize(service: Service, request: SynthesisRequest, signal: AbortSignal): AsyncIterable<SpeechChunk> {
  signal.throwIfAborted()
  if (request.text.trim() === '') return
  const response = await ask(service, request, signal)
  let odd: number | null = null
  try {
    for await (const bytes of response.body ?? []) {
      signal.throwIfAborted()
      const joined: Uint8Array = odd === null ? bytes : Uint8Array.of(odd, ...bytes)
      odd = joined.length % 2 === 1 ? joined.at(-1)! : null
      const samples = new Int16Array(joined.slice(0, joined.length - (joined.length % 2)).buffer)
      if (samples.length > 0) yield { samples, sampleRate: service.sampleRate }
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw new VigiaError('tts_failed', 'The speech service cut its answer off.', { cause })
  }
}

async function ask({ target, key, model, voice, timeoutMs }: Service, request: SynthesisRequest, signal: AbortSignal) {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    const response = await fetch(target, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify({
        model,
        input: request.text,
        voice: request.voice ?? voice,
        response_format: 'pcm',
        ...(request.speed === undefined ? {} : { speed: request.speed }),
      }),
      signal: AbortSignal.any([signal, late.signal]),
    })
    if (response.ok) return response
    await response.body?.cancel()
    throw new VigiaError('tts_failed', `The speech service answered ${response.status}.`, {
      hint: 'See engines.tts.model, voice and apiKey.',
    })
  } catch (error) {
    signal.throwIfAborted()
    if (VigiaError.is(error)) throw error
    const what = late.signal.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached'
    throw new VigiaError('tts_failed', `The speech service ${what}.`, { hint: 'See engines.tts.baseUrl.', cause: error })
  } finally {
    clearTimeout(timer)
  }
}
