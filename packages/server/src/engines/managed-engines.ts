import type { Asr } from './asr.ts'
import type { Diarizer } from './diarizer.ts'
import type { Managed } from './engine-memory.ts'
import type { Llm } from './llm.ts'
import type { VoiceReader } from './speaker-embedder.ts'
import type { Tts } from './tts.ts'
import type { TurnJudge } from './turn-judge.ts'
import type { Vision } from './vision.ts'

/**
 * Engines that come into memory when they are used, behind the same ports. What they are and can is read from the first
 * load and stays.
 */

export function managedAsr(managed: Managed<Asr>, { id, model, note, capabilities }: Asr): Asr {
  return {
    id,
    model,
    capabilities,
    ...(note ? { note } : {}),
    transcribe: (audio, options, signal) => managed.stream((asr) => asr.transcribe(audio, options, signal)),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}

export function managedDiarizer(managed: Managed<Diarizer>, { id, model, voices }: Diarizer): Diarizer {
  return {
    id,
    model,
    ...(voices ? { voices: managedVoices(managed, voices) } : {}),
    diarize: (request, signal, onProgress) => managed.use((diarizer) => diarizer.diarize(request, signal, onProgress)),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}

function managedVoices(managed: Managed<Diarizer>, { model, dimension, thresholds }: VoiceReader): VoiceReader {
  const embed: VoiceReader['embed'] = (samples, signal) => managed.use(async ({ voices }) => voices!.embed(samples, signal))
  return { model, dimension, thresholds, embed }
}

export function managedLlm(managed: Managed<Llm>, { id, model, capabilities }: Llm): Llm {
  return {
    id,
    model,
    capabilities,
    generate: (request, signal) => managed.stream((llm) => llm.generate(request, signal), { repeatable: true }),
    countTokens: (text) => managed.use((llm) => llm.countTokens(text)),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}

export function managedTts(managed: Managed<Tts>, { id, model, voices }: Tts): Tts {
  return {
    id,
    model,
    voices,
    synthesize: (request, signal) => managed.stream((tts) => tts.synthesize(request, signal), { repeatable: true }),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}

export function managedVision(managed: Managed<Vision>, { id, model, method, note, parallel = 1 }: Vision): Vision {
  return {
    id,
    model,
    method,
    ...(note ? { note } : {}),
    parallel,
    describe: (request, signal) => managed.use((vision) => vision.describe(request, signal)),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}

export function managedJudge(managed: Managed<TurnJudge>, { id, model }: TurnJudge): TurnJudge {
  return {
    id,
    model,
    judge: (turn, signal) => managed.use((judge) => judge.judge(turn, signal)),
    [Symbol.asyncDispose]: () => managed[Symbol.asyncDispose](),
  }
}
