import { VigiaError } from '@vigia/protocol'
import { toInt16 } from '../../../media/sample-format.ts'
import { BoundedQueue } from '../../../std/bounded-queue.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import type { SpeechChunk, SynthesisRequest, Tts, Voice } from '../../tts.ts'
import type { OfflineTtsConfig, SherpaTtsCalls } from './calls.ts'

/** Voices of sherpa-onnx (Piper, Kokoro, Supertonic) in a process of their own. */

export interface SherpaVoice {
  id: string
  config: OfflineTtsConfig['model']
  /** BCP 47 tags. */
  languages: readonly string[] | 'any'
  /** Speaker used where a session names none. */
  sid: number
  /** Supertonic is told the language of each text. */
  tellsLanguage: boolean
}

export interface SherpaTtsOptions {
  onDeath?: (death: EngineDeath) => void
  deadlineMs?: number
}

/** Sound that may wait for its reader, samples. */
const MAX_WAITING = 48_000 * 300

/** @throws VigiaError `model_invalid`, `engine_unavailable` */
export async function openSherpaTts(voice: SherpaVoice, { onDeath, deadlineMs = 60_000 }: SherpaTtsOptions = {}): Promise<Tts> {
  const engine = await startEngineProcess<SherpaTtsCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: `voice ${voice.id}`,
    load: { method: 'load', params: { config: { model: voice.config, maxNumSentences: 1 } } },
    startDeadlineMs: 120_000,
    env: { OMP_NUM_THREADS: String(voice.config.numThreads) },
    ...(onDeath ? { onDeath } : {}),
  })
  const facts = await engine.call('facts', null, { deadlineMs: 10_000 })
  return {
    id: 'sherpa-tts',
    model: voice.id,
    voices: voicesOf(voice, Math.max(1, facts.speakers)),
    synthesize: (request, signal) => synthesize(engine, voice, facts, request, signal, deadlineMs),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

/** One voice per speaker: `piper-es-mx-claude`, or `kokoro-multi-v1.0:28`. */
function voicesOf({ id, languages }: SherpaVoice, speakers: number): Voice[] {
  const language = languages === 'any' ? 'und' : (languages[0] ?? 'und')
  if (speakers === 1) return [{ id, language, name: id }]
  return Array.from({ length: speakers }, (_, sid) => ({ id: `${id}:${sid}`, language, name: `${id} ${sid}` }))
}

async function* synthesize(
  engine: EngineProcess<SherpaTtsCalls>,
  voice: SherpaVoice,
  { sampleRate, speakers }: { sampleRate: number; speakers: number },
  { text, language, voice: asked, speed = 1 }: SynthesisRequest,
  signal: AbortSignal,
  deadlineMs: number,
): AsyncIterable<SpeechChunk> {
  signal.throwIfAborted()
  if (text.trim() === '') return
  assertSpeaks(voice, language)
  const sid = Number(asked?.split(':')[1] ?? voice.sid)
  const params = {
    text,
    sid: Number.isInteger(sid) && sid >= 0 && sid < Math.max(1, speakers) ? sid : voice.sid,
    speed,
    ...(voice.tellsLanguage ? { extra: { lang: language.split('-')[0]! } } : {}),
  }
  const queue = new BoundedQueue<Float32Array>({ capacity: MAX_WAITING, sizeOf: (samples) => samples.length })
  const done = engine.call('generate', params, { deadlineMs, signal, onPart: (part) => void queue.push(part) })
  done.then(
    () => queue.close(),
    (error: unknown) => queue.abort(asTtsError(error)),
  )
  for await (const samples of queue) {
    signal.throwIfAborted()
    yield { samples: toInt16(samples), sampleRate }
  }
}

function assertSpeaks({ id, languages }: SherpaVoice, language: string): void {
  const primary = language.split('-')[0]!
  if (languages === 'any' || languages.some((one) => one.split('-')[0] === primary)) return
  throw new VigiaError('language_not_supported', `The voice "${id}" has no "${language}".`, {
    hint: 'GET /voices lists what there is.',
  })
}

/** What the library itself threw; the host's own errors and aborts pass. */
function asTtsError(error: unknown): unknown {
  if (!VigiaError.is(error) || error.code !== 'internal') return error
  return new VigiaError('tts_failed', `Synthesis failed: ${error.message}`, { cause: error })
}
