import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import { EngineMemory, type EngineMemoryOptions, type EngineSpec } from './engine-memory.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from './host/engine-process.ts'
import { FAKE_ENGINE, type FakeCalls } from './host/testing/fake-calls.ts'
import type { LoadVariant, Memory } from './ledger.ts'

/** A scripted engine room: what is loaded, in order, and what each load does. */
class FakeEngine implements AsyncDisposable {
  readonly name: string
  readonly variant: LoadVariant
  readonly log: string[]
  constructor(name: string, variant: LoadVariant, log: string[]) {
    this.name = name
    this.variant = variant
    this.log = log
    log.push(`+${name}${variant === 'full' ? '' : `:${variant}`}`)
  }
  [Symbol.asyncDispose](): Promise<void> {
    this.log.push(`-${this.name}`)
    return Promise.resolve()
  }
}

const oom = (): VigiaError => new VigiaError('out_of_memory', 'CUDA out of memory')

function room(options: Partial<EngineMemoryOptions> = {}) {
  const log: string[] = []
  const memory = new EngineMemory({ limits: { ramMb: 10, vramMb: 10, unified: false }, ...options })
  const spec = (id: string, vramMb: number, more: Partial<EngineSpec<FakeEngine>> = {}): EngineSpec<FakeEngine> => ({
    id,
    needs: { full: { ramMb: 0, vramMb } },
    priority: 1,
    open: (variant) => Promise.resolve(new FakeEngine(id, variant, log)),
    ...more,
  })
  return { log, memory, spec }
}

describe('engine memory', () => {
  it('loads on demand, keeps by use, and swaps what does not fit together', async () => {
    const { log, memory, spec } = room()
    const llm = memory.manage(spec('llm', 6))
    const vlm = memory.manage(spec('vlm', 5))
    expect(await llm.use((engine) => Promise.resolve(engine.name))).toBe('llm')
    await llm.use(() => Promise.resolve())
    await vlm.use(() => Promise.resolve())
    await llm.use(() => Promise.resolve())
    expect(log).toEqual(['+llm', '-llm', '+vlm', '-vlm', '+llm'])
    await memory[Symbol.asyncDispose]()
    expect(log.at(-1)).toBe('-llm')
  })

  it('waits for a model in use instead of taking it out', async () => {
    const { log, memory, spec } = room()
    const llm = memory.manage(spec('llm', 6))
    const vlm = memory.manage(spec('vlm', 5))
    const answering = Promise.withResolvers<void>()
    const answer = llm.use(() => answering.promise)
    await new Promise((resolve) => setImmediate(resolve))
    const photo = vlm.use((engine) => Promise.resolve(engine.name))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(log).toEqual(['+llm'])
    answering.resolve()
    expect(await photo).toBe('vlm')
    await answer
    expect(log).toEqual(['+llm', '-llm', '+vlm'])
  })

  it('gives up with a reason when what it waits for stays in use, and refuses at once what can never fit', async () => {
    const clock = createFakeClock()
    const { memory, spec } = room({ clock, maxWaitMs: 1000 })
    const llm = memory.manage(spec('llm', 6))
    const vlm = memory.manage(spec('vlm', 5))
    const never = llm.use(() => new Promise<void>(() => {}))
    never.catch(() => {})
    await clock.advance(1)
    const waiting = vlm.use(() => Promise.resolve())
    const refused = expect(waiting).rejects.toMatchObject({ code: 'out_of_memory', message: expect.stringContaining('in use') })
    await clock.advance(1001)
    await refused
    await expect(memory.manage(spec('huge', 11)).load()).rejects.toMatchObject({
      code: 'out_of_memory',
      message: expect.stringContaining('11 MB'),
    })
  })

  it('reads the free memory of the card before each load', async () => {
    const free: Memory = { ramMb: 10, vramMb: 10 }
    const { memory, spec } = room({ readFree: () => Promise.resolve({ vramMb: free.vramMb }) })
    free.vramMb = 3
    await expect(memory.manage(spec('llm', 6)).load()).rejects.toMatchObject({ code: 'out_of_memory' })
    free.vramMb = 8
    await memory.manage(spec('llm2', 6)).load()
  })

  it('tries a model that ran out of memory smaller, then on the CPU, then reports it', async () => {
    const { log, memory, spec } = room()
    const needs = { full: { ramMb: 0, vramMb: 6 }, smaller: { ramMb: 0, vramMb: 5 }, cpu: { ramMb: 6, vramMb: 0 } }
    const failing = new Set<LoadVariant>(['full', 'smaller'])
    const more = (id: string): Partial<EngineSpec<FakeEngine>> => ({
      needs,
      open: (variant) => (failing.has(variant) ? Promise.reject(oom()) : Promise.resolve(new FakeEngine(id, variant, log))),
    })
    await memory.manage(spec('llm', 6, more('llm'))).load()
    expect(log).toEqual(['+llm:cpu'])
    expect(memory.ledger.used()).toEqual({ ramMb: 6, vramMb: 0 })
    failing.add('cpu')
    await expect(memory.manage(spec('llm2', 6, more('llm2'))).load()).rejects.toMatchObject({ code: 'out_of_memory' })
    expect(memory.ledger.used()).toEqual({ ramMb: 6, vramMb: 0 })
  })

  it('repeats a call that died for want of memory with the smaller model', async () => {
    const { log, memory, spec } = room()
    const needs = { full: { ramMb: 0, vramMb: 6 }, smaller: { ramMb: 0, vramMb: 5 } }
    const llm = memory.manage(spec('llm', 6, { needs }))
    const answered = await llm.use((engine) => (engine.variant === 'full' ? Promise.reject(oom()) : Promise.resolve('yes')))
    expect(answered).toBe('yes')
    expect(log).toEqual(['+llm', '-llm', '+llm:smaller'])
    await expect(llm.use(() => Promise.reject(oom()))).rejects.toMatchObject({ code: 'out_of_memory' })
  })

  it('lets what was retired go when it has been idle, and not before', async () => {
    const clock = createFakeClock()
    const { log, memory, spec } = room({ clock })
    const old = memory.manage(spec('old', 2))
    await old.load()
    old.retire(60_000, () => true)
    await clock.advance(50_000)
    await old.use(() => Promise.resolve())
    await clock.advance(45_000)
    expect(log).toEqual(['+old'])
    await clock.advance(60_000)
    expect(log).toEqual(['+old', '-old'])
    expect(await old.use((engine) => Promise.resolve(engine.name))).toBe('old')
  })

  it('passes on what a load fails with, and can load later', async () => {
    const { memory, spec } = room()
    let broken = true
    const asr = memory.manage(
      spec('asr', 1, {
        open: () => (broken ? Promise.reject(new Error('no file')) : Promise.resolve(new FakeEngine('asr', 'full', []))),
      }),
    )
    await expect(asr.load()).rejects.toThrow('no file')
    broken = false
    expect((await asr.load()).name).toBe('asr')
  })
})

describe('engine memory over real processes', () => {
  const NEEDS = { full: { ramMb: 0, vramMb: 6 }, smaller: { ramMb: 0, vramMb: 5 }, cpu: { ramMb: 6, vramMb: 0 } }

  /** A process that dies for want of memory: at load as `atLoad` says, and in a call as `inCall` says. */
  function processRoom(atLoad: readonly LoadVariant[], inCall: readonly LoadVariant[] = []) {
    const opened: LoadVariant[] = []
    const deaths: EngineDeath[] = []
    const retried: (LoadVariant | undefined)[] = []
    const { memory, spec } = room({ onEvent: ({ type, variant }) => type === 'retried' && retried.push(variant) })
    const open = async (variant: LoadVariant): Promise<EngineProcess<FakeCalls>> => {
      opened.push(variant)
      return startEngineProcess<FakeCalls>({
        entry: FAKE_ENGINE,
        name: `fake ${variant}`,
        load: { method: 'load', params: atLoad.includes(variant) ? 'oom' : null },
        onDeath: (death) => deaths.push(death),
      })
    }
    const engine = memory.manage<EngineProcess<FakeCalls>>({ ...spec('llm', 6), needs: NEEDS, open })
    const answer = (host: EngineProcess<FakeCalls>): Promise<unknown> => {
      const fails = inCall.some((variant) => host.name === `fake ${variant}`)
      return fails ? host.call('oom', null, { deadlineMs: 30_000 }) : host.call('echo', host.name, { deadlineMs: 30_000 })
    }
    return { memory, engine, answer, opened, deaths, retried }
  }

  it('goes on smaller and then on the CPU when a process dies for want of memory, at load and under a call', async () => {
    const { memory, engine, answer, opened, deaths, retried } = processRoom(['full'], ['smaller'])
    expect(await engine.use(answer)).toBe('fake cpu')
    expect(opened).toEqual(['full', 'smaller', 'cpu'])
    expect(retried).toEqual(['smaller', 'cpu'])
    expect(deaths.map(({ name, outOfMemory }) => [name, outOfMemory])).toEqual([
      ['fake full', true],
      ['fake smaller', true],
    ])
    expect(memory.ledger.used()).toEqual(NEEDS.cpu)
    await memory[Symbol.asyncDispose]()
  })

  it('begins a stream again with the smaller engine when nothing had come of it, if it can be repeated', async () => {
    const { memory, engine, answer } = processRoom([], ['full'])
    async function* results(host: EngineProcess<FakeCalls>) {
      yield await answer(host)
    }
    expect(await Array.fromAsync(engine.stream(results, { repeatable: true }))).toEqual(['fake smaller'])
    await memory[Symbol.asyncDispose]()
  })

  it('repeats no stream of which something has come, nor one whose input is used up; the next one is served smaller', async () => {
    for (const [partial, options] of [
      [true, { repeatable: true }],
      [false, undefined],
    ] as const) {
      const { memory, engine, answer } = processRoom([], ['full'])
      async function* results(host: EngineProcess<FakeCalls>) {
        if (partial) yield 'partial'
        yield await answer(host)
      }
      await expect(Array.fromAsync(engine.stream(results, options))).rejects.toMatchObject({ code: 'out_of_memory' })
      expect((await Array.fromAsync(engine.stream(results, options))).at(-1)).toBe('fake smaller')
      await memory[Symbol.asyncDispose]()
    }
  })

  it('reports it when the CPU has no room either, and frees all it took', async () => {
    const { memory, engine, answer, opened } = processRoom(['full', 'smaller', 'cpu'])
    await expect(engine.use(answer)).rejects.toMatchObject({ code: 'out_of_memory' })
    expect(opened).toEqual(['full', 'smaller', 'cpu'])
    expect(memory.ledger.used()).toEqual({ ramMb: 0, vramMb: 0 })
    await memory[Symbol.asyncDispose]()
  })
})
