import type { Machine } from '../engines/machine.ts'
import { readMachine } from '../engines/machine.ts'
import { memoryLimits } from '../engines/memory-limits.ts'
import { PROFILE_LIST, type ProfileName } from '../engines/profiles/list.ts'
import { modelsOfProfile, profileFor, resolveProfile } from '../engines/profiles.ts'
import { modelsDirOf } from '../models/folder.ts'
import { hubSettings } from '../models/hub-settings.ts'
import { downloadBytes, type ModelEntry } from '../models/manifest.ts'
import { reachHub } from '../models/reach-hub.ts'
import { type ModelStatus, ModelStore } from '../models/store.ts'
import { configOf, parseFlags } from './flags.ts'
import { bytesText, table } from './tables.ts'

/** `vigia doctor`: what this machine is, what it can carry, what is missing and the command that brings it. */

const HELP = `vigia doctor [--json] [settings]

Looks at machine, card, memory, disk and models; nothing is changed.`

interface ModelLine {
  entry: ModelEntry
  status: ModelStatus
}

export interface Diagnosis {
  machine: Machine
  profile: ProfileName
  limits: { ramMb: number; vramMb: number; unified: boolean }
  models: { id: string; role: string; status: ModelStatus; bytes: number; ramMb: number; vramMb: number }[]
  hub: { reachable: boolean; why?: string }
  problems: { text: string; fix: string }[]
}

export async function doctor(argv: string[]): Promise<number> {
  const { own, settings } = parseFlags(argv, { json: { type: 'boolean' } })
  if (own.help) {
    console.log(HELP)
    return 0
  }
  const { config } = configOf(settings)
  const store = new ModelStore(modelsDirOf(config))
  const machine = await readMachine(store.dir)
  const profile = resolveProfile(config.profile, machine)
  const lines = await Promise.all(
    modelsOfProfile(profile).map(async (id) => {
      const entry = await store.entry(id)
      return { entry, status: await store.status(entry) }
    }),
  )
  const missing = lines.some(({ status }) => status !== 'installed')
  const hub = missing ? await reachHub(hubSettings()) : { reachable: true }
  const diagnosis = diagnose(machine, profile, memoryLimits(config.memory, machine), lines, hub)
  console.log(own.json ? JSON.stringify(diagnosis, null, 2) : printDiagnosis(diagnosis))
  return 0
}

/** What is wrong and what to do about it. Pure. */
export function diagnose(
  machine: Machine,
  profile: ProfileName,
  limits: Diagnosis['limits'],
  lines: readonly ModelLine[],
  hub: Diagnosis['hub'],
): Diagnosis {
  const { needs } = PROFILE_LIST[profile]
  const card = Math.max(0, ...machine.gpus.map(({ vramMb }) => vramMb))
  const absent = lines.filter(({ status }) => status === 'missing' || status === 'partial')
  const damaged = lines.filter(({ status }) => status === 'damaged')
  const toFetch = absent.reduce((sum, { entry }) => sum + downloadBytes(entry), 0)
  const problems: Diagnosis['problems'] = []
  const add = (text: string, fix: string): void => void problems.push({ text, fix })
  const best = profileFor(machine)
  if (machine.ramMb < needs.ramMb)
    add(`${machine.ramMb} MB of RAM; the profile "${profile}" wants ${needs.ramMb}`, `--profile ${best}`)
  if (card < needs.vramMb)
    add(`${card} MB of graphics memory; the profile "${profile}" wants ${needs.vramMb}`, `--profile ${best}`)
  if (absent.length > 0 && hub.reachable)
    add(`${absent.length} of ${lines.length} models are missing (${bytesText(toFetch)})`, `vigia models pull ${profile}`)
  if (absent.length > 0 && !hub.reachable)
    add(
      `${absent.length} models are missing and the hub cannot be reached (${hub.why})`,
      'vigia models import DIR, with a folder from "vigia models export" on another machine',
    )
  for (const { entry } of damaged) add(`${entry.id} is damaged`, `vigia models rm ${entry.id} && vigia models pull ${entry.id}`)
  if (toFetch / 2 ** 20 > machine.freeDiskMb)
    add(
      `the disk has ${machine.freeDiskMb} MB free, the missing models need ${bytesText(toFetch)}`,
      '--models-dir on another disk',
    )
  const blackwell = machine.gpus.some(({ computeCapability }) => Number(computeCapability) >= 12)
  if (blackwell)
    add(
      'the card is a Blackwell one (RTX 50): faster-whisper runs in float16 there, its int8 fails before CTranslate2 4.7',
      'WHISPER__COMPUTE_TYPE=float16 for speaches',
    )
  const models = lines.map(({ entry, status }) => ({
    id: entry.id,
    role: entry.role,
    status,
    bytes: downloadBytes(entry),
    ramMb: entry.ramMb,
    vramMb: entry.vramMb,
  }))
  return { machine, profile, limits, models, hub, problems }
}

export function printDiagnosis({ machine, profile, limits, models, hub, problems }: Diagnosis): string {
  const gpus = machine.gpus.map(
    (gpu) =>
      `${gpu.name}, ${gpu.vramMb} MB (${gpu.freeVramMb} free), driver ${gpu.driver}, sm_${gpu.computeCapability.replace('.', '')}`,
  )
  const facts = [
    ['machine', machine.jetson ?? `${machine.cpu}, ${machine.cores} cores, ${machine.platform} ${machine.arch}`],
    ['memory', `${machine.ramMb} MB, ${machine.freeRamMb} free`],
    ['card', gpus.join('; ') || (machine.jetson ? 'shares the memory' : 'none that the driver names')],
    ['disk', `${machine.freeDiskMb} MB free`],
    ['profile', `${profile}: ${PROFILE_LIST[profile].title}`],
    ['for models', limits.unified ? `${limits.ramMb} MB shared` : `${limits.ramMb} MB of RAM, ${limits.vramMb} MB on the card`],
    ['hub', hub.reachable ? 'reachable' : `not reachable: ${hub.why}`],
  ]
  const list = models.map((model) => [
    model.id,
    model.role,
    bytesText(model.bytes),
    String(model.ramMb),
    String(model.vramMb),
    model.status,
  ])
  const width = Math.max(...facts.map(([name]) => name!.length))
  return [
    facts.map(([name, text]) => `${name!.padEnd(width)}  ${text}`).join('\n'),
    models.length > 0 ? table(['model', 'for', 'size', 'RAM MB', 'card MB', 'state'], list) : 'This profile needs no models.',
    problems.length > 0 ? problems.map(({ text, fix }) => `! ${text}\n    ${fix}`).join('\n') : 'Nothing is missing.',
  ].join('\n\n')
}
