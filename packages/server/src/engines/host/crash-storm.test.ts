import { describe, expect, it } from 'vitest'
import { type EngineDeath, type EngineProcess, startEngineProcess } from './engine-process.ts'
import { FAKE_ENGINE, type FakeCalls } from './testing/fake-calls.ts'

/**
 * Many scripted crashes of one engine while another serves: each is told by its code, the next call is answered, the other
 * engine notices nothing, and this process (the gateway's place) goes on. `VIGIA_ENGINE_CRASHES=1000` is the night's size.
 */

const CRASHES = Number(process.env.VIGIA_ENGINE_CRASHES ?? 14)
const CALL = { deadlineMs: 60_000 }

type Crash = readonly [code: string, crash: (engine: EngineProcess<FakeCalls>) => Promise<unknown>]

const KINDS: readonly Crash[] = [
  ['engine_crashed', (engine) => engine.call('kill', 'SIGSEGV', CALL)],
  ['engine_crashed', (engine) => engine.call('kill', 'SIGABRT', CALL)],
  ['engine_crashed', (engine) => engine.call('kill', 'SIGKILL', CALL)],
  ['engine_crashed', (engine) => engine.call('exit', 255, CALL)],
  ['out_of_memory', (engine) => engine.call('oom', null, CALL)],
  ['engine_timeout', (engine) => engine.call('block', 60_000, { deadlineMs: 100 })],
  [
    'engine_crashed',
    async (engine) => {
      await engine.call('garbage', null, CALL)
      await engine.call('flood', 1, CALL)
      return engine.call('kill', 'SIGBUS', CALL)
    },
  ],
]

const start = (name: string, onDeath: (death: EngineDeath) => void): Promise<EngineProcess<FakeCalls>> =>
  startEngineProcess<FakeCalls>({
    entry: FAKE_ENGINE,
    name,
    restart: { firstDelayMs: 1, maxDelayMs: 1, maxDeaths: 1e9 },
    onDeath,
  })

describe('an engine that crashes again and again', () => {
  it(
    `is started again ${CRASHES} times, and nobody else notices`,
    async () => {
      const deaths: EngineDeath[] = []
      const otherDeaths: EngineDeath[] = []
      await using engine = await start('crashing', (death) => deaths.push(death))
      await using other = await start('bystander', (death) => otherDeaths.push(death))
      const otherPid = other.pid
      for (let at = 0; at < CRASHES; at += 1) {
        const [code, crash] = KINDS[at % KINDS.length]!
        const [crashed, beside] = await Promise.allSettled([crash(engine), other.call('echo', at, CALL)])
        expect(crashed, `crash ${at}`).toMatchObject({ status: 'rejected', reason: { code } })
        expect(beside).toMatchObject({ status: 'fulfilled', value: at })
        expect(await engine.call('echo', at, CALL)).toBe(at)
      }
      expect(deaths).toHaveLength(CRASHES)
      expect(otherDeaths).toEqual([])
      expect(other.pid).toBe(otherPid)
      expect(process.exitCode).toBeUndefined()
    },
    60_000 + CRASHES * 5000,
  )
})
