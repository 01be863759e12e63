import { VigiaError } from '@vigia/protocol'
import type { Config, EngineConfig } from '../config/schema.ts'
import type { Machine } from './machine.ts'
import { PORTS, type Port, PROFILE_LIST, type ProfileName } from './profiles/list.ts'

/** Profiles: named choices of engines, of which the best that is here is taken; the configuration overrides port by port. */

/** Per port what may be opened, best first; the next is tried when one does not open. Empty is none. */
export type EngineChoice = Record<Port, readonly EngineConfig[]>

/** What decides between the candidates of a profile. */
export interface Surroundings {
  /** Whether a model of the catalogue is on this machine. */
  installed: (modelId: string) => boolean
  /** Whether this version has such an adapter for the port. */
  hasAdapter: (port: Port, adapter: string) => boolean
  /** Whether a key for a service elsewhere is set. */
  env?: Readonly<Record<string, string | undefined>>
}

/** Knows nothing here but what npm brings. */
export const NOTHING_INSTALLED: Surroundings = { installed: () => false, hasAdapter: () => true, env: {} }

/**
 * The engines of a configuration: what it names, else the candidates of its profile that can be opened here.
 *
 * @throws VigiaError `config_invalid` when the profile is unknown
 */
export function profileOf(
  { profile, engines }: Pick<Config, 'profile' | 'engines'>,
  here: Surroundings = NOTHING_INSTALLED,
  machine: Machine | null = null,
): EngineChoice {
  const { candidates } = PROFILE_LIST[resolveProfile(profile, machine)]
  const { asr, ...others } = engines
  const named: Partial<Record<Port, EngineConfig | undefined>> = { ...others, asrLive: asr.live, asrFinal: asr.final }
  const choice = (port: Port): readonly EngineConfig[] => {
    const own = named[port]
    return own ? [own] : candidates[port].filter((candidate) => isHere(port, candidate, here))
  }
  return Object.fromEntries(PORTS.map((port) => [port, choice(port)])) as EngineChoice
}

/** `auto` is what the machine can carry. */
export function resolveProfile(profile: Config['profile'], machine: Machine | null): ProfileName {
  if (profile !== 'auto') {
    if (Object.hasOwn(PROFILE_LIST, profile)) return profile
    throw new VigiaError('config_invalid', `Expected a profile (${Object.keys(PROFILE_LIST).join(', ')}), got "${profile}".`)
  }
  return machine ? profileFor(machine) : 'embedded'
}

/** The richest profile that fits: graphics memory as the card has it, not as it is free now. */
export function profileFor({ jetson, gpus, ramMb }: Machine): ProfileName {
  if (jetson) return ramMb >= 6500 ? 'jetson-orin' : 'jetson-nano'
  if (gpus.some(({ vramMb }) => vramMb >= 11_000) && ramMb >= 7000) return 'rtx-12gb'
  return ramMb >= 7000 ? 'cpu' : 'embedded'
}

/** Models that an engine's settings name. */
export function modelsOf(settings: EngineConfig | null): string[] {
  if (!settings) return []
  const named = [settings.model, settings.segmentation, settings.embedding]
  return settings.adapter === 'openai' || settings.adapter === 'deepgram' ? [] : named.filter((id) => typeof id === 'string')
}

/** What a profile would use at its best, and so what "vigia models pull PROFILE" brings. */
export function modelsOfProfile(name: ProfileName): string[] {
  const { candidates } = PROFILE_LIST[name]
  const first = Object.values(candidates).flatMap((all) => modelsOf(all.find((one) => modelsOf(one).length > 0) ?? null))
  return [...new Set(first)]
}

function isHere(port: Port, candidate: EngineConfig, { installed, hasAdapter, env = {} }: Surroundings): boolean {
  if (!hasAdapter(port, candidate.adapter)) return false
  if (typeof candidate.keyEnv === 'string' && !env[candidate.keyEnv]) return false
  if (typeof candidate.urlEnv === 'string' && !env[candidate.urlEnv]) return false
  return modelsOf(candidate).every(installed)
}
