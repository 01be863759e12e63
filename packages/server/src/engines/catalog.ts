import { type EngineInfo, VigiaError } from '@vigia/protocol'
import type { Config, EngineConfig } from '../config/schema.ts'
import { modelsDirOf } from '../models/folder.ts'
import { ModelStore } from '../models/store.ts'
import { installedParts } from './adapters/detector/installed.ts'
import type { Asr } from './asr.ts'
import type { Diarizer } from './diarizer.ts'
import { EnginePool, type PooledEngine, type PoolLease, type PortKind, ramOnly } from './engine-pool.ts'
import type { EngineDeath } from './host/engine-process.ts'
import type { LoadVariant } from './ledger.ts'
import type { Llm } from './llm.ts'
import { llmVision } from './llm-vision/llm-vision.ts'
import type { Machine } from './machine.ts'
import { attributionsOf, needsOf } from './needs.ts'
import type { Port } from './profiles/list.ts'
import { type EngineChoice, modelsOf, profileOf, type Surroundings } from './profiles.ts'
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
  /** The models on this machine: `await models.find(id)` gives the paths of an installed one. */
  models: ModelStore
  /** How to load for this machine's memory: as meant, with less, or on the CPU. */
  variant: LoadVariant
}

type Open<T> = (settings: EngineConfig, context: AdapterContext) => Promise<T>
type Adapters<T> = Readonly<Record<string, Open<T>>>

const openChat: Open<Llm> = async (settings) => (await import('./adapters/openai-chat/openai-chat.ts')).openChatLlm(settings)

const ADAPTERS = {
  vad: {
    silero: async (_settings, { onDeath }) => (await import('./adapters/silero/silero.ts')).openSileroVad({ onDeath }),
  } satisfies Adapters<Vad>,
  asr: {
    'tiny-es': async (_settings, { onDeath }) => (await import('./adapters/embedded/tiny-es.ts')).openTinyEs({ onDeath }),
    sherpa: async (settings, context) =>
      (await import('./adapters/sherpa/open-installed.ts')).openInstalledSherpa(settings, context),
    'sherpa-streaming': async (settings, context) =>
      (await import('./adapters/sherpa-streaming/sherpa-streaming.ts')).openInstalledStreaming(settings, context),
    openai: async (settings) => {
      const [{ openOpenAiAsr }, { openAiAsrSettings }] = await Promise.all([
        import('./adapters/openai-asr/openai-asr.ts'),
        import('./adapters/openai-asr/settings.ts'),
      ])
      return openOpenAiAsr(openAiAsrSettings(settings))
    },
    deepgram: async (settings) => {
      const [{ openDeepgramAsr }, { deepgramSettings }] = await Promise.all([
        import('./adapters/deepgram-asr/deepgram-asr.ts'),
        import('./adapters/deepgram-asr/settings.ts'),
      ])
      return openDeepgramAsr(deepgramSettings(settings))
    },
  } satisfies Adapters<Asr>,
  diarizer: {
    classical: async () => (await import('./adapters/classical/classical.ts')).openClassicalDiarizer(),
    sherpa: async (settings, context) =>
      (await import('./adapters/sherpa-diarizer/sherpa-diarizer.ts')).openInstalledDiarizer(settings, context),
  } satisfies Adapters<Diarizer>,
  llm: {
    llama: async (settings, context) => (await import('./adapters/llama/from-config.ts')).openConfiguredLlama(settings, context),
    'llama-server': async (settings, context) =>
      (await import('./adapters/llama-server/from-config.ts')).openConfiguredLlamaServer(settings, context),
    openai: openChat,
    'openai-chat': openChat,
  } satisfies Adapters<Llm>,
  tts: {
    espeak: async (_settings, { onDeath }) => (await import('./adapters/espeak/espeak.ts')).openEspeak({ onDeath }),
    sherpa: async (settings, context) =>
      (await import('./adapters/sherpa-tts/open-installed.ts')).openInstalledVoice(settings, context),
    openai: async (settings) => (await import('./adapters/openai-tts/openai-tts.ts')).openOpenAiTts(settings),
  } satisfies Adapters<Tts>,
  vision: {
    detector: async (_settings, { onDeath }) =>
      (await import('./adapters/detector/detector.ts')).openInstalledDetector({ onDeath }),
    measured: async () => (await import('./adapters/measured/measured.ts')).openMeasuredVision(),
  } satisfies Adapters<Vision>,
  judge: {
    text: async () => (await import('./adapters/text-judge/text-judge.ts')).openTextJudge(),
    'smart-turn': async (settings, context) =>
      (await import('./adapters/smart-turn/smart-turn.ts')).openInstalledSmartTurn(settings, context),
  } satisfies Adapters<TurnJudge>,
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
  /** Hears and sees by itself, and answers in place of recognizer and language model. */
  readonly omni: Llm | null
  /** By port, for `config_ack.engines`. */
  info(): Record<string, EngineInfo>
  /** `engine model` by port, for `report.engines`. */
  names(): Record<string, string>
}

export type EnginesConfig = Pick<Config, 'profile' | 'engines' | 'interim'>

/** What engines are opened with; all of it may be left out. */
export interface EnginesContext extends Partial<Omit<AdapterContext, 'variant'>> {
  /** Shared by several sets of engines, so that what both have is loaded once. */
  pool?: EnginePool
  machine?: Machine | null
}

/**
 * Opens what the configuration names. Voice detection and recognition must open; a failing optional engine is left out
 * and `info()` says why.
 *
 * @throws VigiaError `config_invalid` for an unknown adapter or profile; what a required engine's adapter throws
 */
export async function openEngines(config: EnginesConfig, context: EnginesContext = {}): Promise<Engines> {
  const models = context.models ?? new ModelStore(modelsDirOf({ dataDir: './data', modelsDir: '' }))
  const pool = context.pool ?? new EnginePool(ramOnly())
  const opener = new Opener({ onDeath: context.onDeath ?? (() => {}), models }, pool)
  const chosen = await choose(config, models, context.machine ?? null)
  try {
    // What must open comes first; each group opens side by side, for a process and its model take a second.
    const [vad, finalAsr, liveBase] = await together([
      opener.required('vad', ADAPTERS.vad, chosen.vad),
      opener.required('asr_final', ADAPTERS.asr, chosen.asrFinal),
      opener.required('asr_live', ADAPTERS.asr, chosen.asrLive),
    ])
    const liveAsr = liveBase.capabilities.interim ? liveBase : simulatedStreaming(liveBase, { paceMs: config.interim.paceMs })
    const [diarizer, llm, tts, vision, judge, omni] = await together([
      opener.optional('diarizer', ADAPTERS.diarizer, chosen.diarizer),
      opener.optional('llm', ADAPTERS.llm, chosen.llm),
      opener.optional('tts', ADAPTERS.tts, chosen.tts),
      opener.vision(chosen.vision),
      opener.optional('judge', ADAPTERS.judge, chosen.judge),
      opener.optional('omni', ADAPTERS.llm, config.engines.omni ? [config.engines.omni] : []),
    ])
    return {
      vad,
      liveAsr,
      finalAsr,
      diarizer,
      llm,
      tts,
      vision,
      judge,
      omni,
      info: () => ({ ...opener.info }),
      names: () => opener.names(),
      [Symbol.asyncDispose]: () => closeAll(opener, context.pool ? null : pool),
    }
  } catch (error) {
    await closeAll(opener, context.pool ? null : pool)
    throw error
  }
}

/** The candidates of a configuration with the models that are installed now. @throws VigiaError `config_invalid` */
export async function choose(config: EnginesConfig, models: ModelStore, machine: Machine | null): Promise<EngineChoice> {
  const here: Surroundings = { installed: await installedModels(models), hasAdapter, env: process.env }
  return profileOf(config, here, machine)
}

async function installedModels(models: ModelStore): Promise<(id: string) => boolean> {
  const entries = await models.entries()
  const states = await Promise.all(entries.map(async (entry) => [entry.id, await models.status(entry)] as const))
  const installed = new Set(states.filter(([, status]) => status === 'installed').map(([id]) => id))
  return (id) => installed.has(id)
}

const FAMILIES: Record<Port, Readonly<Record<string, unknown>>> = {
  vad: ADAPTERS.vad,
  asrLive: ADAPTERS.asr,
  asrFinal: ADAPTERS.asr,
  diarizer: ADAPTERS.diarizer,
  llm: ADAPTERS.llm,
  tts: ADAPTERS.tts,
  // A language model that takes images looks at photos.
  vision: { ...ADAPTERS.llm, ...ADAPTERS.vision },
  judge: ADAPTERS.judge,
}

/** Whether this version has the adapter, and this installation the packages it is nothing without. */
function hasAdapter(port: Port, adapter: string): boolean {
  if (adapter === 'detector' && installedParts().length === 0) return false
  return Object.hasOwn(FAMILIES[port], adapter)
}

/** All of them, or the first failure once none is under way any more, so that what did open can be closed. */
async function together<const T extends readonly Promise<unknown>[]>(
  opening: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(opening)
  return (await Promise.all(opening)) as { -readonly [K in keyof T]: Awaited<T[K]> }
}

async function closeAll(opener: Opener, pool: EnginePool | null): Promise<void> {
  await opener.close()
  await pool?.[Symbol.asyncDispose]()
}

/** Opens engines and remembers what to say of them. */
class Opener {
  readonly info: Record<string, EngineInfo> = {}
  readonly #context: Omit<AdapterContext, 'variant'>
  readonly #pool: EnginePool
  readonly #leases: PoolLease<PooledEngine>[] = []

  constructor(context: Omit<AdapterContext, 'variant'>, pool: EnginePool) {
    this.#context = context
    this.#pool = pool
  }

  /** The first candidate that opens. @throws VigiaError what the last one threw */
  async required<T extends PooledEngine>(port: string, adapters: Adapters<T>, candidates: readonly EngineConfig[]): Promise<T> {
    return this.#first(port, candidates, (settings) => this.#open(port, adapters, settings))
  }

  async #first<T>(port: string, candidates: readonly EngineConfig[], open: (settings: EngineConfig) => Promise<T>): Promise<T> {
    let failure: unknown = new VigiaError('config_invalid', `No engine is named for "${port}".`, {
      hint: 'Name one, or choose a profile.',
    })
    for (const settings of candidates) {
      try {
        return await open(settings)
      } catch (error) {
        failure = error
        this.info[port] = { id: settings.adapter, available: false, note: noteOf(error) }
      }
    }
    throw failure
  }

  async optional<T extends PooledEngine>(
    port: string,
    adapters: Adapters<T>,
    candidates: readonly EngineConfig[],
  ): Promise<T | null> {
    for (const settings of candidates) adapterOf(port, adapters, settings)
    return this.required(port, adapters, candidates).catch(() => null)
  }

  /** An engine that looks at photos only, or a language model that takes images and is loaded once for both. */
  async vision(candidates: readonly EngineConfig[]): Promise<Vision | null> {
    const isModel = ({ adapter }: EngineConfig): boolean =>
      !Object.hasOwn(ADAPTERS.vision, adapter) && Object.hasOwn(ADAPTERS.llm, adapter)
    for (const settings of candidates) adapterOf<unknown>('vision', FAMILIES.vision as Adapters<unknown>, settings)
    return this.#first('vision', candidates, (settings) =>
      isModel(settings) ? this.#modelVision(settings) : this.#open('vision', ADAPTERS.vision, settings),
    ).catch(() => null)
  }

  async #modelVision({ secondLook, ...settings }: EngineConfig): Promise<Vision> {
    // A service does not tell whether its model takes images: naming it for photos says so.
    const seeing = ADAPTERS.llm[settings.adapter as 'openai'] === openChat ? { ...settings, images: true } : settings
    const llm = await this.#open('vision', ADAPTERS.llm, seeing as EngineConfig, 'llm')
    try {
      return llmVision(llm, { secondLook: secondLook !== false })
    } catch (error) {
      const index = this.#leases.findIndex(({ engine }) => engine === (llm as unknown as PooledEngine))
      await this.#leases.splice(index, 1)[0]?.release()
      throw error
    }
  }

  async #open<T extends PooledEngine>(
    port: string,
    adapters: Adapters<T>,
    settings: EngineConfig,
    kind = (port.startsWith('asr') ? 'asr' : port === 'omni' ? 'llm' : port) as PortKind,
  ): Promise<T> {
    const open = adapterOf(port, adapters, settings)
    const before = this.info[port]
    const lease = await this.#pool.take<T>({
      kind,
      key: JSON.stringify([kind, settings]),
      name: [kind, settings.adapter, ...modelsOf(settings)].join(' '),
      needs: await needsOf(settings, this.#context.models),
      open: (variant) => open(settings, { ...this.#context, variant }),
    })
    this.#leases.push(lease as unknown as PoolLease<PooledEngine>)
    const { id, model, note } = lease.engine
    // A better candidate that did not open is told of beside the one that serves.
    const failed = before && !before.available ? `${before.id}: ${before.note}` : undefined
    const attributions = await attributionsOf(settings, this.#context.models)
    const notes = [note, failed, ...attributions].filter(Boolean).join(' ')
    this.info[port] = { id, model, available: true, ...(notes ? { note: notes } : {}) }
    return lease.engine
  }

  names(): Record<string, string> {
    const available = Object.entries(this.info).filter(([, { available }]) => available)
    return Object.fromEntries(available.map(([port, { id, model }]) => [port, model && model !== id ? `${id} ${model}` : id]))
  }

  async close(): Promise<void> {
    const leases = this.#leases.splice(0)
    await Promise.allSettled(leases.map((lease) => lease.release()))
  }
}

const noteOf = (error: unknown): string =>
  VigiaError.is(error) ? [error.message, error.hint].filter(Boolean).join(' ') : 'It failed to open.'

function adapterOf<T>(port: string, adapters: Adapters<T>, { adapter }: EngineConfig): Open<T> {
  const open = Object.hasOwn(adapters, adapter) ? adapters[adapter] : undefined
  if (open) return open
  const known = Object.keys(adapters).join(', ') || 'none'
  throw new VigiaError('config_invalid', `Expected an adapter for "${port}" (${known}), got "${adapter}".`, {
    hint: "Correct it in the configuration, or leave it out to take the profile's.",
  })
}
