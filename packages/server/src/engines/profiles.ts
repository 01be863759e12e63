import { VigiaError } from '@vigia/protocol'
import type { Config, EngineConfig } from '../config/schema.ts'

/** Profiles: named choices of engines, which the configuration may override port by port. */

/** One choice per port; null is none. */
export interface EngineChoice {
  vad: EngineConfig | null
  asrLive: EngineConfig | null
  asrFinal: EngineConfig | null
  diarizer: EngineConfig | null
  llm: EngineConfig | null
  tts: EngineConfig | null
  vision: EngineConfig | null
  judge: EngineConfig | null
}

/** Everything from npm, nothing to fetch. */
const EMBEDDED: EngineChoice = {
  vad: { adapter: 'silero' },
  asrLive: { adapter: 'tiny-es' },
  asrFinal: { adapter: 'tiny-es' },
  diarizer: { adapter: 'classical' },
  llm: null,
  tts: null,
  vision: null,
  judge: null,
}

const PROFILES: Partial<Record<Config['profile'], EngineChoice>> = { embedded: EMBEDDED, auto: EMBEDDED }

/**
 * The engines of a configuration: its profile's, less what it overrides.
 *
 * @throws VigiaError `config_invalid` for a profile that this version has no engines for
 */
export function profileOf({ profile, engines }: Pick<Config, 'profile' | 'engines'>): EngineChoice {
  const base = PROFILES[profile]
  if (!base)
    throw new VigiaError(
      'config_invalid',
      `Expected a profile of this version (${Object.keys(PROFILES).join(', ')}), got "${profile}".`,
      {
        hint: 'Choose one of these and name single engines under "engines".',
      },
    )
  return {
    vad: engines.vad ?? base.vad,
    asrLive: engines.asr.live ?? base.asrLive,
    asrFinal: engines.asr.final ?? base.asrFinal,
    diarizer: engines.diarizer ?? base.diarizer,
    llm: engines.llm ?? base.llm,
    tts: engines.tts ?? base.tts,
    vision: engines.vision ?? base.vision,
    judge: engines.judge ?? base.judge,
  }
}
