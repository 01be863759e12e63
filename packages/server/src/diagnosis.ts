import type { Diagnosis as WireDiagnosis } from '@vigia/protocol'
import type { Config } from './config/schema.ts'
import { type Machine, readMachine } from './engines/machine.ts'
import { memoryLimits } from './engines/memory-limits.ts'
import { PROFILE_LIST, type ProfileName } from './engines/profiles/list.ts'
import { modelsOfProfile, profileFor, resolveProfile } from './engines/profiles.ts'
import { modelsDirOf } from './models/folder.ts'
import { hubSettings } from './models/hub-settings.ts'
import { downloadBytes, type ModelEntry } from './models/manifest.ts'
import { reachHub } from './models/reach-hub.ts'
import { type ModelStatus, ModelStore } from './models/store.ts'
import { bytesText } from './std/bytes-text.ts'

/** What this machine is, what its profile needs, what is missing and the command that brings it; for `vigia doctor` and `/system/doctor`. */

const MIB = 2 ** 20

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

/** Looks at machine, card, memory, disk, models and hub; nothing is changed. */
export async function readDiagnosis(config: Config, store = new ModelStore(modelsDirOf(config))): Promise<Diagnosis> {
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
  return diagnose(machine, profile, memoryLimits(config.memory, machine), lines, hub)
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
  if (toFetch / MIB > machine.freeDiskMb)
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

/** As the wire says it: bytes, snake case. */
export function toWireDiagnosis({ machine, profile, models, hub, problems }: Diagnosis): WireDiagnosis {
  return {
    profile,
    best_profile: profileFor(machine),
    machine: {
      name: machine.jetson ?? machine.cpu,
      cores: machine.cores,
      ram_bytes: machine.ramMb * MIB,
      free_ram_bytes: machine.freeRamMb * MIB,
      free_disk_bytes: machine.freeDiskMb * MIB,
      gpus: machine.gpus.map(({ name, vramMb, driver }) => ({ name, vram_bytes: vramMb * MIB, driver })),
    },
    hub,
    models: models.map(({ id, role, status, bytes }) => ({ id, role, status, bytes })),
    problems,
  }
}
