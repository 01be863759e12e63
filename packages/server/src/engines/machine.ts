import { execFile } from 'node:child_process'
import { readFile, statfs } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Memory } from './ledger.ts'

/** What this machine has, as far as engines care. */

export interface Gpu {
  name: string
  vramMb: number
  freeVramMb: number
  driver: string
  /** `12.0` is Blackwell (RTX 50). */
  computeCapability: string
}

export interface Machine {
  platform: NodeJS.Platform
  arch: string
  cpu: string
  cores: number
  ramMb: number
  freeRamMb: number
  gpus: Gpu[]
  /** Board name where RAM and graphics memory are one. */
  jetson: string | null
  /** Free on the disk of the models. */
  freeDiskMb: number
}

/** How facts are read; tests hand in their own. */
export interface MachineProbe {
  run(command: string, args: readonly string[]): Promise<string>
  read(file: string): Promise<string>
}

const execute = promisify(execFile)
export const SYSTEM_PROBE: MachineProbe = {
  run: async (command, args) => (await execute(command, [...args], { timeout: 5000, windowsHide: true })).stdout,
  read: (file) => readFile(file, 'utf8'),
}

const MIB = 1024 * 1024
const NVIDIA_QUERY = ['--query-gpu=name,memory.total,memory.free,driver_version,compute_cap', '--format=csv,noheader,nounits']

export async function readMachine(modelsDir: string, probe: MachineProbe = SYSTEM_PROBE): Promise<Machine> {
  const jetson = await readJetson(probe)
  return {
    platform: os.platform(),
    arch: os.arch(),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    ramMb: Math.floor(Math.min(os.totalmem(), process.constrainedMemory() || Infinity) / MIB),
    freeRamMb: await readFreeRam(probe),
    gpus: jetson ? [] : await readGpus(probe),
    jetson,
    freeDiskMb: await freeDisk(modelsDir),
  }
}

/** Cards that the driver names; none where there is no driver. */
export async function readGpus(probe: MachineProbe = SYSTEM_PROBE): Promise<Gpu[]> {
  const text = await probe.run('nvidia-smi', NVIDIA_QUERY).catch(() => '')
  return parseNvidiaSmi(text)
}

/** Lines of `name, total MiB, free MiB, driver, capability`. */
export function parseNvidiaSmi(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [name, total, free, driver, computeCapability] = line.split(',').map((cell) => cell.trim())
    const vramMb = Number(total)
    if (!name || !(vramMb > 0)) return []
    return [{ name, vramMb, freeVramMb: Number(free) || 0, driver: driver ?? '', computeCapability: computeCapability ?? '' }]
  })
}

/** Memory that is free now: what the kernel could hand out, and what the largest card has left. */
export async function readFreeMemory(probe: MachineProbe = SYSTEM_PROBE): Promise<Partial<Memory>> {
  const gpus = await readGpus(probe)
  const vramMb = Math.max(0, ...gpus.map(({ freeVramMb }) => freeVramMb))
  return { ramMb: await readFreeRam(probe), ...(gpus.length > 0 ? { vramMb } : {}) }
}

async function readFreeRam(probe: MachineProbe): Promise<number> {
  const text = await probe.read('/proc/meminfo').catch(() => '')
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN)
  return Math.floor(Number.isNaN(available) ? os.freemem() / MIB : available / 1024)
}

async function readJetson(probe: MachineProbe): Promise<string | null> {
  const model = (await probe.read('/proc/device-tree/model').catch(() => '')).replaceAll('\0', '').trim()
  return /jetson/i.test(model) ? model : null
}

async function freeDisk(folder: string): Promise<number> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await statfs(at).catch(() => null)
    if (found) return Math.floor((found.bavail * found.bsize) / MIB)
    if (at === path.dirname(at)) return 0
  }
}
