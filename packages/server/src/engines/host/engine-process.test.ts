import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type EngineDeath, type EngineProcessOptions, startEngineProcess } from './engine-process.ts'
import { retryOnce } from './retry-once.ts'
import { FAKE_ENGINE, type FakeCalls } from './testing/fake-calls.ts'

const SOON = { deadlineMs: 10_000 }
const start = (options: Partial<EngineProcessOptions<FakeCalls>> = {}) =>
  startEngineProcess<FakeCalls>({
    entry: FAKE_ENGINE,
    name: 'fake',
    restart: { firstDelayMs: 1, maxDeaths: 4 },
    ...options,
  })

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
async function untilGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && alive(pid); tries += 1) await wait(50)
  return !alive(pid)
}

describe('an engine process', () => {
  it('answers calls with typed arrays intact and streams parts in order', async () => {
    await using engine = await start()
    expect(await engine.call('echo', { samples: Int16Array.of(1, -2, 3) }, SOON)).toEqual({ samples: Int16Array.of(1, -2, 3) })
    const parts: number[] = []
    expect(await engine.call('count', 5, { ...SOON, onPart: (part) => parts.push(part) })).toBe(5)
    expect(parts).toEqual([1, 2, 3, 4, 5])
  })

  it('passes on what a handler throws: a VigiaError as it is, a bug as internal', async () => {
    await expect(start({ load: { method: 'load', params: 'refuse' } })).rejects.toMatchObject({
      code: 'model_invalid',
      hint: 'Bring one.',
    })
    await using engine = await start()
    await expect(engine.call('fail', null, SOON)).rejects.toMatchObject({ code: 'internal', message: 'a bug' })
  })

  it.each([
    ['exit 255', 'exit', 255],
    ['SIGKILL', 'kill', 'SIGKILL'],
    ['SIGABRT', 'kill', 'SIGABRT'],
    ['SIGSEGV', 'kill', 'SIGSEGV'],
  ] as const)('fails calls in flight with engine_crashed on %s and serves the next one', async (_, method, params) => {
    const deaths: EngineDeath[] = []
    await using engine = await start({ onDeath: (death) => deaths.push(death) })
    const before = engine.pid
    const other = engine.call('untilAborted', null, SOON)
    await Promise.all([
      expect(engine.call(method as 'exit', params as number, SOON)).rejects.toMatchObject({ code: 'engine_crashed' }),
      expect(other).rejects.toMatchObject({ code: 'engine_crashed' }),
    ])
    expect(await engine.call('echo', 'back', SOON)).toBe('back')
    expect(engine.pid).not.toBe(before)
    expect(deaths).toHaveLength(1)
  })

  it('repeats a crashed call once and then gives the error', async () => {
    const deaths: EngineDeath[] = []
    await using engine = await start({ onDeath: (death) => deaths.push(death) })
    await expect(retryOnce(() => engine.call('exit', 255, SOON))).rejects.toMatchObject({ code: 'engine_crashed' })
    expect(deaths).toHaveLength(2)
  })

  it('ends a child that hangs in native code when the deadline passes, and serves the next call', async () => {
    await using engine = await start()
    const pid = engine.pid!
    await expect(engine.call('block', 60_000, { deadlineMs: 300 })).rejects.toMatchObject({ code: 'engine_timeout' })
    expect(await engine.call('echo', 1, SOON)).toBe(1)
    expect(await untilGone(pid)).toBe(true)
  })

  it('also ends a hanging child whose caller gave up', async () => {
    await using engine = await start()
    const pid = engine.pid!
    const abort = new AbortController()
    const call = engine.call('block', 60_000, { deadlineMs: 500, signal: abort.signal })
    setTimeout(() => abort.abort(new Error('not needed')), 50)
    await expect(call).rejects.toThrow('not needed')
    expect(await untilGone(pid)).toBe(true)
  })

  it('rejects at once on abort and tells the handler', async () => {
    await using engine = await start()
    const pid = engine.pid
    const abort = new AbortController()
    const call = engine.call('untilAborted', null, { deadlineMs: 1000, signal: abort.signal })
    abort.abort(new Error('barge-in'))
    await expect(call).rejects.toThrow('barge-in')
    await wait(1100)
    expect(engine.pid).toBe(pid)
  })

  it('gives model_invalid when the model ends the child each time it is loaded', async () => {
    const deaths: EngineDeath[] = []
    const restart = { firstDelayMs: 1, maxDeaths: 3 }
    const opening = start({ load: { method: 'load', params: 'exit' }, restart, onDeath: (death) => deaths.push(death) })
    await expect(opening).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths.map(({ reason, quarantined }) => [reason, quarantined])).toEqual([
      ['exit code 255', false],
      ['exit code 255', false],
      ['exit code 255', true],
    ])
  })

  it('gives out_of_memory at once when the child dies of it while loading: the same size would not fit a moment later', async () => {
    const deaths: EngineDeath[] = []
    const opening = start({ load: { method: 'load', params: 'oom' }, onDeath: (death) => deaths.push(death) })
    await expect(opening).rejects.toMatchObject({ code: 'out_of_memory' })
    expect(deaths.map(({ reason, outOfMemory }) => [reason, outOfMemory])).toEqual([['SIGABRT', true]])
  })

  it('tells a death of memory under a call from other deaths, and serves the next call', async () => {
    const deaths: EngineDeath[] = []
    await using engine = await start({ onDeath: (death) => deaths.push(death) })
    await expect(engine.call('oom', null, SOON)).rejects.toMatchObject({ code: 'out_of_memory' })
    await expect(engine.call('exit', 1, SOON)).rejects.toMatchObject({ code: 'engine_crashed' })
    expect(await engine.call('echo', 1, SOON)).toBe(1)
    expect(deaths.map(({ outOfMemory }) => outOfMemory)).toEqual([true, false])
  })

  it('refuses calls while quarantined and probes once afterwards', async () => {
    let nowMs = 0
    await using engine = await start({ restart: { firstDelayMs: 1, maxDeaths: 1, quarantineMs: 1000 }, now: () => nowMs })
    await expect(engine.call('exit', 1, SOON)).rejects.toMatchObject({ code: 'engine_crashed' })
    await expect(engine.call('echo', 1, SOON)).rejects.toMatchObject({ code: 'model_invalid' })
    expect(engine.state).toBe('quarantined')
    nowMs = 1001
    expect(await engine.call('echo', 1, SOON)).toBe(1)
  })

  it('swallows 50 MB of output without blocking or growing', async () => {
    await using engine = await start()
    const before = process.memoryUsage().rss
    await engine.call('flood', 50, { deadlineMs: 25_000 })
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(40)
  })

  it('passes over messages that are no answers', async () => {
    await using engine = await start()
    await engine.call('garbage', null, SOON)
    expect(await engine.call('echo', 1, SOON)).toBe(1)
  })

  it('bounds the calls that wait', async () => {
    await using engine = await start({ maxPendingCalls: 2 })
    const abort = new AbortController()
    const waiting = [1, 2].map(() =>
      engine.call('untilAborted', null, { ...SOON, signal: abort.signal }).catch((error: unknown) => error),
    )
    await expect(engine.call('echo', 1, SOON)).rejects.toMatchObject({ code: 'engine_unavailable' })
    abort.abort()
    await Promise.all(waiting)
  })

  it('shows the child no variable beyond what engines need', async () => {
    process.env.VIGIA_TEST_TOKEN = 'secret'
    try {
      await using engine = await start({ env: { OMP_NUM_THREADS: '1' } })
      const names = await engine.call('environment', null, SOON)
      expect(names).toContain('OMP_NUM_THREADS')
      expect(names).not.toContain('VIGIA_TEST_TOKEN')
    } finally {
      delete process.env.VIGIA_TEST_TOKEN
    }
  })

  it('stops the child on dispose, also one that hangs, and fails what waits', async () => {
    const engine = await start()
    const pid = engine.pid!
    const call = engine.call('block', 60_000, { deadlineMs: 60_000 }).catch((error: unknown) => error)
    await wait(100)
    await engine[Symbol.asyncDispose]()
    expect(await call).toMatchObject({ code: 'engine_unavailable' })
    expect(await untilGone(pid)).toBe(true)
    await expect(engine.call('echo', 1, SOON)).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('fails calls that wait for a restart when it is stopped', async () => {
    const engine = await start({ restart: { firstDelayMs: 60_000, maxDeaths: 4 } })
    await expect(engine.call('exit', 1, SOON)).rejects.toMatchObject({ code: 'engine_crashed' })
    const call = expect(engine.call('echo', 1, SOON)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await engine[Symbol.asyncDispose]()
    await call
  })

  it('leaves no child behind when the gateway is killed', async () => {
    const gateway = spawn(process.execPath, [fileURLToPath(new URL('./testing/fake-gateway.ts', import.meta.url))])
    const [line] = (await new Promise<Buffer>((resolve) => gateway.stdout.once('data', resolve))).toString().split('\n')
    const pid = Number(line)
    expect(alive(pid)).toBe(true)
    gateway.kill('SIGKILL')
    expect(await untilGone(pid)).toBe(true)
  })
})
