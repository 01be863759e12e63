import type { Config } from '../config/schema.ts'
import type { EngineMemoryOptions } from './engine-memory.ts'
import type { LedgerLimits, Memory } from './ledger.ts'
import { type Machine, readFreeMemory } from './machine.ts'

/** What the system, the driver and the desktop keep of a card, MB. */
const CARD_RESERVE_MB = 800
/** What a Jetson's system keeps of the shared memory, MB (JetPack 6 with a desktop: 1.8 GB and what cannot be mapped). */
const JETSON_RESERVE_MB = 2800

/** Memory that models may take on a machine, as configured or as it has. */
export function memoryLimits({ ramMb, vramMb }: Config['memory'], machine: Machine): LedgerLimits {
  if (machine.jetson) return { ramMb: ramMb || Math.max(0, machine.ramMb - JETSON_RESERVE_MB), vramMb: 0, unified: true }
  const card = Math.max(0, ...machine.gpus.map((gpu) => gpu.vramMb))
  return {
    ramMb: ramMb || Math.floor(machine.ramMb * 0.8),
    vramMb: vramMb || Math.max(0, card - CARD_RESERVE_MB),
    unified: false,
  }
}

/** How free memory is read before a load: the card's where there is one, all of it where both are one. */
export function freeMemoryReader(machine: Machine): EngineMemoryOptions['readFree'] {
  if (machine.jetson) return async (): Promise<Partial<Memory>> => ({ ramMb: (await readFreeMemory()).ramMb ?? Infinity })
  if (machine.gpus.length === 0) return undefined
  return async (): Promise<Partial<Memory>> => {
    const { vramMb } = await readFreeMemory()
    return vramMb === undefined ? {} : { vramMb }
  }
}
