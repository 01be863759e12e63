import { fileURLToPath } from 'node:url'
import { VigiaError } from '@vigia/protocol'
import { BoundedQueue } from '../../../std/bounded-queue.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import { isDeath } from '../../host/retry-once.ts'
import type { SpeechChunk, SynthesisRequest, Tts, Voice } from '../../tts.ts'

/** espeak-ng, in the GPL package `@vigia/tts-espeak` that runs as a program of its own. */

interface EspeakCalls {
  [method: string]: { params: unknown; result: unknown; part?: unknown }
  load: { params: null; result: { sampleRate: number } }
  voices: { params: null; result: Voice[] }
  synthesize: { params: { text: string; voice: string; rate: number; pitch: number }; result: undefined; part: Int16Array }
}

/** Words per minute at speed 1. */
const RATE = 160
const PITCH = 50
/** One sentence; 20 000 letters without a space took 1.6 s. */
const DEADLINE_MS = 20_000
const MAX_CHARS = 2000
/** Sound of one sentence that may wait for its reader, ms. */
const MAX_WAITING_MS = 300_000

/** Voices by primary tag, where espeak's own choice is not the best known one. */
const PREFERRED: Record<string, string> = { es: 'es-419', en: 'en-us', pt: 'pt-br', zh: 'cmn' }

export interface EspeakOptions {
  onDeath?: (death: EngineDeath) => void
}

/** @throws VigiaError `engine_unavailable` when the package is not installed */
export async function openEspeak({ onDeath }: EspeakOptions = {}): Promise<Tts> {
  const engine = await startEngineProcess<EspeakCalls>({
    entry: entryOf(),
    name: 'espeak',
    load: { method: 'load', params: null },
    memoryMb: 128,
    ...(onDeath ? { onDeath } : {}),
  })
  const listed = await engine.call('voices', null, { deadlineMs: DEADLINE_MS })
  const voices = [...new Map(listed.toReversed().map((voice) => [voice.id, voice])).values()].toReversed()
  return {
    id: 'espeak',
    model: 'espeak-ng',
    voices,
    synthesize: (request, signal) => synthesize(engine, voices, request, signal),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

function entryOf(): URL {
  try {
    const url = new URL(import.meta.resolve('@vigia/tts-espeak'))
    import.meta.resolve('@echogarden/espeak-ng-emscripten', url.href)
    fileURLToPath(url)
    return url
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The voice package @vigia/tts-espeak is not installed.', {
      hint: 'Run "npm ci" without omitting optional packages, or name another voice under engines.tts.',
      cause,
    })
  }
}

/** Sampling rate of espeak-ng's formant voices. */
const SAMPLE_RATE = 22_050

async function* synthesize(
  engine: EngineProcess<EspeakCalls>,
  voices: readonly Voice[],
  { text, language, voice, speed = 1 }: SynthesisRequest,
  signal: AbortSignal,
): AsyncIterable<SpeechChunk> {
  signal.throwIfAborted()
  if (text.trim() === '') return
  const params = {
    text: text.slice(0, MAX_CHARS),
    voice: voiceOf(voices, language, voice),
    rate: Math.round(Math.min(450, Math.max(80, RATE * speed))),
    pitch: PITCH,
  }
  const queue = new BoundedQueue<Int16Array>({
    capacity: (MAX_WAITING_MS * SAMPLE_RATE) / 1000,
    sizeOf: (samples) => samples.length,
  })
  let parts = 0
  const take = (part: Int16Array): void => {
    parts += 1
    queue.push(part)
  }
  const call = (): Promise<undefined> => engine.call('synthesize', params, { deadlineMs: DEADLINE_MS, signal, onPart: take })
  // a crash before any sound is tried once more; behind sound it would be said twice
  const done = call().catch((error: unknown) => {
    if (parts === 0 && isDeath(error)) return call()
    throw error
  })
  done.then(
    () => queue.close(),
    (error: unknown) => queue.abort(error),
  )
  for await (const samples of queue) {
    signal.throwIfAborted()
    yield { samples, sampleRate: SAMPLE_RATE }
  }
  await done
}

/** The voice asked for, else the best of the language. @throws VigiaError `language_not_supported` */
function voiceOf(voices: readonly Voice[], language: string, voice: string | undefined): string {
  if (voice !== undefined && voices.some(({ id }) => id === voice)) return voice
  const tag = language.toLowerCase()
  const primary = tag.split('-')[0]!
  const found = [tag, PREFERRED[primary], primary].find((id) => voices.some((one) => one.id === id))
  const any = found ?? voices.find((one) => one.language.split('-')[0] === primary)?.id
  if (any) return any
  throw new VigiaError('language_not_supported', `The voice has no "${language}".`, { hint: 'GET /voices lists what it has.' })
}
