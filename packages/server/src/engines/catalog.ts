import { type EngineInfo, VigiaError } from '@vigia/protocol'
import type { Config, EngineConfig } from '../config/schema.ts'
import type { Asr } from './asr.ts'
import type { Diarizer } from './diarizer.ts'
import type { EngineDeath } from './host/engine-process.ts'
import type { Llm } from './llm.ts'
import { profileOf } from './profiles.ts'
import { simulatedStreaming } from './simulated-streaming.ts'
import type { Tts } from './tts.ts'
import type { TurnJudge } from './turn-judge.ts'
import type { Vad } from './vad.ts'
import type { Vision } from './vision.ts'

/** The one list of adapters, and the engines that a configuration names. An adapter's code is loaded when it is named. */

/** What an adapter may use beside its own settings. */
export interface AdapterContext {
  /** Told of each death of an engine process. */
  onDeath: (death: EngineDeath) => void
}

type Open<T> = (settings: EngineConfig, context: AdapterContext) => Promise<T>
type Adapters<T> = Readonly<Record<string, Open<T>>>

const ADAPTERS = {
  vad: {
    silero: async (_settings, { onDeath }) => (await import('./adapters/silero/silero.ts')).openSileroVad({ onDeath }),
  } satisfies Adapters<Vad>,
  asr: {
    'tiny-es': async (_settings, { onDeath }) => (await import('./adapters/embedded/tiny-es.ts')).openTinyEs({ onDeath }),
  } satisfies Adapters<Asr>,
  diarizer: {
    classical: async () => (await import('./adapters/classical/classical.ts')).openClassicalDiarizer(),
  } satisfies Adapters<Diarizer>,
  llm: {} satisfies Adapters<Llm>,
  tts: {} satisfies Adapters<Tts>,
  vision: {
    detector: async (_settings, { onDeath }) =>
      (await import('./adapters/detector/detector.ts')).openInstalledDetector({ onDeath }),
    measured: async () => (await import('./adapters/measured/measured.ts')).openMeasuredVision(),
  } satisfies Adapters<Vision>,
  judge: {} satisfies Adapters<TurnJudge>,
}

/** Loaded engines. A port that the configuration leaves out, or whose optional engine failed to open, is null. */
export interface Engines extends AsyncDisposable {
  readonly vad: Vad
  /** Gives interim text. */
  readonly liveAsr: Asr
  readonly finalAsr: Asr
  readonly diarizer: Diarizer | null
  readonly llm: Llm | null
  readonly tts: Tts | null
  readonly vision: Vision | null
  readonly judge: TurnJudge | null
  /** By port, for `config_ack.engines`. */
  info(): Record<string, EngineInfo>
  /** `engine model` by port, for `report.engines`. */
  names(): Record<string, string>
}

export type EnginesConfig = Pick<Config, 'profile' | 'engines' | 'interim'>

/**
 * Opens what the configuration names. Voice detection and recognition must open; a failing optional engine is left out
 * and `info()` says why.
 *
 * @throws VigiaError `config_invalid` for an unknown adapter or profile; what a required engine's adapter throws
 */
export async function openEngines(config: EnginesConfig, context: Partial<AdapterContext> = {}): Promise<Engines> {
  const opener = new Opener({ onDeath: context.onDeath ?? (() => {}) })
  const chosen = profileOf(config)
  try {
    const vad = await opener.required('vad', ADAPTERS.vad, chosen.vad)
    const finalAsr = await opener.required('asr_final', ADAPTERS.asr, chosen.asrFinal)
    const liveBase = await opener.required('asr_live', ADAPTERS.asr, chosen.asrLive)
    const liveAsr = liveBase.capabilities.interim ? liveBase : simulatedStreaming(liveBase, { paceMs: config.interim.paceMs })
    return {
      vad,
      liveAsr,
      finalAsr,
      diarizer: await opener.optional('diarizer', ADAPTERS.diarizer, chosen.diarizer),
      llm: await opener.optional('llm', ADAPTERS.llm, chosen.llm),
      tts: await opener.optional('tts', ADAPTERS.tts, chosen.tts),
      vision: await opener.optional('vision', ADAPTERS.vision, chosen.vision),
      judge: await opener.optional('judge', ADAPTERS.judge, chosen.judge),
      info: () => ({ ...opener.info }),
      names: () => opener.names(),
      [Symbol.asyncDispose]: () => opener.close(),
    }
  } catch (error) {
    await opener.close()
    throw error
  }
}

type Opened = AsyncDisposable & { id: string; model: string; note?: string }

/** Opens engines, remembers what to say of them and closes them; equal settings share one loaded engine. */
class Opener {
  readonly info: Record<string, EngineInfo> = {}
  readonly #context: AdapterContext
  readonly #open = new Map<string, Opened>()

  constructor(context: AdapterContext) {
    this.#context = context
  }

  async required<T extends Opened>(port: string, adapters: Adapters<T>, settings: EngineConfig | null): Promise<T> {
    if (!settings)
      throw new VigiaError('config_invalid', `No engine is named for "${port}".`, { hint: 'Name one, or choose a profile.' })
    const key = JSON.stringify([port.startsWith('asr') ? 'asr' : port, settings])
    const engine = (this.#open.get(key) as T | undefined) ?? (await adapterOf(port, adapters, settings)(settings, this.#context))
    this.#open.set(key, engine)
    const { id, model, note } = engine
    this.info[port] = { id, model, available: true, ...(note ? { note } : {}) }
    return engine
  }

  async optional<T extends Opened>(port: string, adapters: Adapters<T>, settings: EngineConfig | null): Promise<T | null> {
    if (!settings) return null
    const open = adapterOf(port, adapters, settings)
    try {
      return await this.required(port, { [settings.adapter]: open }, settings)
    } catch (error) {
      const note = VigiaError.is(error) ? [error.message, error.hint].filter(Boolean).join(' ') : 'It failed to open.'
      this.info[port] = { id: settings.adapter, available: false, note }
      return null
    }
  }

  names(): Record<string, string> {
    const available = Object.entries(this.info).filter(([, { available }]) => available)
    return Object.fromEntries(available.map(([port, { id, model }]) => [port, model && model !== id ? `${id} ${model}` : id]))
  }

  async close(): Promise<void> {
    const engines = [...this.#open.values()]
    this.#open.clear()
    await Promise.allSettled(engines.map((engine) => engine[Symbol.asyncDispose]()))
  }
}

function adapterOf<T>(port: string, adapters: Adapters<T>, { adapter }: EngineConfig): Open<T> {
  const open = Object.hasOwn(adapters, adapter) ? adapters[adapter] : undefined
  if (open) return open
  const known = Object.keys(adapters).join(', ') || 'none'
  throw new VigiaError('config_invalid', `Expected an adapter for "${port}" (${known}), got "${adapter}".`, {
    hint: "Correct it in the configuration, or leave it out to take the profile's.",
  })
}
