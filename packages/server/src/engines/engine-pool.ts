import { createHash } from 'node:crypto'
import os from 'node:os'
import type { Asr } from './asr.ts'
import type { Diarizer } from './diarizer.ts'
import { EngineMemory, type EngineMemoryOptions, type EngineSpec, type Managed } from './engine-memory.ts'
import type { LedgerLimits, LoadVariant } from './ledger.ts'
import type { Llm } from './llm.ts'
import { managedAsr, managedDiarizer, managedJudge, managedLlm, managedTts, managedVision } from './managed-engines.ts'
import type { Tts } from './tts.ts'
import type { TurnJudge } from './turn-judge.ts'
import type { Vision } from './vision.ts'

/** Loaded engines by their settings: equal settings are one engine, also across a reload; all within the machine's memory. */

export type PortKind = 'vad' | 'asr' | 'diarizer' | 'llm' | 'tts' | 'vision' | 'judge'
export type PooledEngine = AsyncDisposable & { readonly id: string; readonly model: string; readonly note?: string }

export interface PoolOrder<T> {
  kind: PortKind
  /** Kind and settings; may hold a service's key and is never shown. */
  key: string
  /** Shown in logs and errors. */
  name: string
  needs: EngineSpec<T>['needs']
  open: (variant: LoadVariant) => Promise<T>
}

export interface PoolLease<T> {
  engine: T
  /** Given back: the last one to do so lets the engine go when it has been idle for a while. */
  release(): Promise<void>
}

/** Who stays: what live speech needs, before what answers, before what looks. */
const PRIORITY: Record<Exclude<PortKind, 'vad'>, number> = { asr: 5, judge: 5, tts: 4, llm: 3, vision: 2, diarizer: 1 }

/** A session that began before a reload may still use what it began with. */
const RETIRE_MS = 600_000

interface Held {
  engine: PooledEngine
  managed: Managed<PooledEngine> | null
  leases: number
}

export class EnginePool implements AsyncDisposable {
  readonly memory: EngineMemory
  readonly #held = new Map<string, Promise<Held>>()

  constructor(options: EngineMemoryOptions) {
    this.memory = new EngineMemory(options)
  }

  /** @throws VigiaError `out_of_memory`; what the adapter throws */
  async take<T extends PooledEngine>(order: PoolOrder<T>): Promise<PoolLease<T>> {
    const opening = this.#held.get(order.key) ?? this.#open(order)
    this.#held.set(order.key, opening)
    let held: Held
    try {
      held = await opening
    } catch (error) {
      if (this.#held.get(order.key) === opening) this.#held.delete(order.key)
      throw error
    }
    held.leases += 1
    return { engine: held.engine as T, release: () => this.#release(held) }
  }

  async #open<T extends PooledEngine>({ kind, key, name, needs, open }: PoolOrder<T>): Promise<Held> {
    // Voice detection keeps the state of every stream: it is small and never leaves.
    if (kind === 'vad') return { engine: await open('full'), managed: null, leases: 0 }
    const managed = this.memory.manage<T>({ id: idOf(name, key), needs, priority: PRIORITY[kind], open })
    try {
      const engine = wrap(kind, managed as Managed<never>, (await managed.load()) as never)
      return { engine, managed: managed as unknown as Managed<PooledEngine>, leases: 0 }
    } catch (error) {
      await managed[Symbol.asyncDispose]()
      throw error
    }
  }

  #release(held: Held): Promise<void> {
    held.leases -= 1
    if (held.leases === 0) held.managed?.retire(RETIRE_MS, () => held.leases === 0)
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const held = await Promise.allSettled(this.#held.values())
    this.#held.clear()
    await this.memory[Symbol.asyncDispose]()
    const rest = held.flatMap((result) => (result.status === 'fulfilled' && !result.value.managed ? [result.value.engine] : []))
    await Promise.allSettled(rest.map((engine) => engine[Symbol.asyncDispose]()))
  }
}

/** Two engines of one name differ in their settings, of which nothing may be seen. */
const idOf = (name: string, key: string): string => `${name} #${createHash('sha256').update(key).digest('hex').slice(0, 6)}`

/** The port's own wrapper; the engine of a kind is an engine of its port. */
function wrap(kind: Exclude<PortKind, 'vad'>, managed: Managed<never>, first: never): PooledEngine {
  switch (kind) {
    case 'asr':
      return managedAsr(managed as Managed<Asr>, first)
    case 'diarizer':
      return managedDiarizer(managed as Managed<Diarizer>, first)
    case 'llm':
      return managedLlm(managed as Managed<Llm>, first)
    case 'tts':
      return managedTts(managed as Managed<Tts>, first)
    case 'vision':
      return managedVision(managed as Managed<Vision>, first)
    case 'judge':
      return managedJudge(managed as Managed<TurnJudge>, first)
  }
}

const MIB = 1024 * 1024

/** Limits of a machine whose card nobody looked at. */
export const ramOnly = (): { limits: LedgerLimits } => ({
  limits: { ramMb: Math.floor((os.totalmem() / MIB) * 0.8), vramMb: 0, unified: false },
})
