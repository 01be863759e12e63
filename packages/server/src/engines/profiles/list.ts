import type { Config, EngineConfig } from '../../config/schema.ts'

/**
 * The profiles. Per port the candidates, best first: the first whose adapter and models are here is used, so that a
 * machine serves on what it has while the rest arrives. `docs/profiles/` has a page for each.
 */

export const PORTS = ['vad', 'asrLive', 'asrFinal', 'diarizer', 'llm', 'tts', 'vision', 'judge'] as const
export type Port = (typeof PORTS)[number]
export type ProfileName = Exclude<Config['profile'], 'auto'>

export interface Profile {
  /** One line for people. */
  title: string
  candidates: Record<Port, readonly EngineConfig[]>
  /** What stays in memory, and what is swapped in when it is needed. */
  memory: { resident: readonly string[]; swapped: readonly string[] }
  /** The least machine, MB. */
  needs: { ramMb: number; vramMb: number }
}

const VAD: readonly EngineConfig[] = [{ adapter: 'silero' }]
const TINY: EngineConfig = { adapter: 'tiny-es' }
const CLASSICAL: EngineConfig = { adapter: 'classical' }
const DETECTOR: EngineConfig = { adapter: 'detector' }
const MEASURED: EngineConfig = { adapter: 'measured' }
const ESPEAK: EngineConfig = { adapter: 'espeak' }
const PARAKEET: EngineConfig = { adapter: 'sherpa', model: 'parakeet-tdt-0.6b-v3-int8' }
const WHISPER: EngineConfig = { adapter: 'sherpa', model: 'whisper-small' }
const NEMOTRON: EngineConfig = { adapter: 'sherpa-streaming', model: 'nemotron-3.5-streaming-560ms-int8' }
const KROKO: EngineConfig = { adapter: 'sherpa-streaming', model: 'kroko-es-streaming' }
const SPEAKERS: EngineConfig = { adapter: 'sherpa', segmentation: 'pyannote-segmentation-3.0', embedding: 'titanet-small' }
const RULES: EngineConfig = { adapter: 'text' }
const JUDGE: readonly EngineConfig[] = [{ adapter: 'smart-turn', model: 'smart-turn-v3.2' }, RULES]
const PIPER: readonly EngineConfig[] = [
  { adapter: 'sherpa', model: 'piper-es-mx-claude' },
  { adapter: 'sherpa', model: 'piper-es-es-davefx' },
]
const llama = (model: string): EngineConfig => ({ adapter: 'llama', model })
const SERVICE_LLM: EngineConfig = { adapter: 'openai', urlEnv: 'VIGIA_OPENAI_URL' }

/** Everything from npm, nothing to fetch. */
const EMBEDDED: Profile['candidates'] = {
  vad: VAD,
  asrLive: [TINY],
  asrFinal: [TINY],
  diarizer: [CLASSICAL],
  llm: [],
  tts: [ESPEAK],
  vision: [DETECTOR, MEASURED],
  judge: [RULES],
}

export const PROFILE_LIST: Readonly<Record<ProfileName, Profile>> = {
  embedded: {
    title: 'what npm brings; a demo recognizer that knows synthetic Spanish voices only',
    candidates: EMBEDDED,
    memory: { resident: ['everything'], swapped: [] },
    needs: { ramMb: 1500, vramMb: 0 },
  },
  cpu: {
    title: 'a laptop or PC without a card, 8 GB of RAM and more',
    candidates: {
      vad: VAD,
      asrLive: [PARAKEET, WHISPER, TINY],
      asrFinal: [PARAKEET, WHISPER, TINY],
      diarizer: [SPEAKERS, CLASSICAL],
      llm: [llama('qwen3-4b-instruct-2507-q4')],
      tts: [...PIPER, ESPEAK],
      vision: [llama('qwen3-vl-2b-instruct-q4'), DETECTOR, MEASURED],
      judge: JUDGE,
    },
    memory: { resident: ['vad', 'asrLive', 'asrFinal', 'tts', 'judge', 'llm'], swapped: ['vision', 'diarizer'] },
    needs: { ramMb: 7000, vramMb: 0 },
  },
  'rtx-12gb': {
    title: 'a PC with a 12 GB card: speech on the CPU, language and photos on the card',
    candidates: {
      vad: VAD,
      asrLive: [NEMOTRON, PARAKEET, WHISPER, TINY],
      asrFinal: [PARAKEET, WHISPER, TINY],
      diarizer: [SPEAKERS, CLASSICAL],
      llm: [llama('qwen2.5-7b-instruct-q4'), llama('qwen3-4b-instruct-2507-q4')],
      tts: [...PIPER, ESPEAK],
      vision: [llama('qwen3-vl-2b-instruct-q4'), DETECTOR, MEASURED],
      judge: JUDGE,
    },
    // 6.0 + 2.6 of about 10.5 GB that a desktop leaves: both stay.
    memory: { resident: ['vad', 'asrLive', 'asrFinal', 'tts', 'judge', 'llm', 'vision'], swapped: ['diarizer'] },
    needs: { ramMb: 7000, vramMb: 11_000 },
  },
  'jetson-orin': {
    title: 'a Jetson Orin with 8 GB shared memory: one language model, which also looks at photos',
    candidates: {
      vad: VAD,
      asrLive: [PARAKEET, WHISPER, TINY],
      asrFinal: [PARAKEET, WHISPER, TINY],
      diarizer: [SPEAKERS, CLASSICAL],
      llm: [llama('qwen3-vl-2b-instruct-q4')],
      tts: [...PIPER, ESPEAK],
      vision: [llama('qwen3-vl-2b-instruct-q4'), DETECTOR, MEASURED],
      judge: JUDGE,
    },
    // 2.6 + 1.55 + 0.6 of about 5.2 GB that the system leaves; the same model serves text and photos.
    memory: { resident: ['vad', 'asrLive', 'asrFinal', 'tts', 'judge', 'llm', 'vision'], swapped: ['diarizer'] },
    needs: { ramMb: 6500, vramMb: 0 },
  },
  'jetson-nano': {
    title: 'a thin device: voice detection and speech here, the rest on another machine',
    candidates: {
      vad: VAD,
      asrLive: [{ adapter: 'openai', urlEnv: 'VIGIA_OPENAI_ASR_URL' }, KROKO, TINY],
      asrFinal: [{ adapter: 'openai', urlEnv: 'VIGIA_OPENAI_ASR_URL' }, KROKO, TINY],
      diarizer: [CLASSICAL],
      llm: [SERVICE_LLM],
      tts: [...PIPER, ESPEAK],
      vision: [SERVICE_LLM, DETECTOR, MEASURED],
      judge: [RULES],
    },
    memory: { resident: ['vad', 'asrLive', 'tts'], swapped: [] },
    needs: { ramMb: 3500, vramMb: 0 },
  },
  remote: {
    title: 'services elsewhere: OpenAI-compatible servers and Deepgram, as far as their addresses and keys are set',
    candidates: {
      vad: VAD,
      asrLive: [{ adapter: 'deepgram', keyEnv: 'DEEPGRAM_API_KEY' }, { adapter: 'openai', urlEnv: 'VIGIA_OPENAI_ASR_URL' }, TINY],
      asrFinal: [
        { adapter: 'openai', urlEnv: 'VIGIA_OPENAI_ASR_URL' },
        { adapter: 'deepgram', keyEnv: 'DEEPGRAM_API_KEY' },
        TINY,
      ],
      diarizer: [SPEAKERS, CLASSICAL],
      llm: [SERVICE_LLM],
      tts: [{ adapter: 'openai', urlEnv: 'VIGIA_OPENAI_TTS_URL' }, ...PIPER, ESPEAK],
      vision: [SERVICE_LLM, DETECTOR, MEASURED],
      judge: JUDGE,
    },
    memory: { resident: ['vad', 'judge', 'tts'], swapped: ['diarizer'] },
    needs: { ramMb: 1500, vramMb: 0 },
  },
}
