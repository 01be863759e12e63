import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { PoisonGuard } from './poison-guard.ts'

const signal = new AbortController().signal
const dead = () => Promise.reject(new VigiaError('engine_crashed', 'died'))
const piece = (seed: number, length = 8000): Int16Array => Int16Array.from({ length }, (_, at) => ((at + 1) * seed) % 3000)

describe('the guard against poisonous audio', () => {
  it('tries a piece twice, then refuses it unheard, also when it has grown or silence was put before it', async () => {
    const found: number[] = []
    const guard = new PoisonGuard({ parallel: 2, onPoison: (deaths) => found.push(deaths) })
    let calls = 0
    const call = (): Promise<never> => {
      calls += 1
      return dead()
    }
    const grown = Int16Array.from([...new Int16Array(400), ...piece(7), ...piece(3)])
    for (const samples of [piece(7), piece(7), grown])
      await expect(guard.run(samples, signal, call)).rejects.toMatchObject({ code: 'asr_failed' })
    expect(calls).toBe(2)
    expect(found).toEqual([2])
    expect(await guard.run(piece(11), signal, () => Promise.resolve('heard'))).toBe('heard')
  })

  it('blames no piece that ran beside the poison: each is tried again alone', async () => {
    const guard = new PoisonGuard({ parallel: 2 })
    const bothRun = Promise.withResolvers<void>()
    let running = 0
    const together: number[] = []
    /** The process dies under both the first time, and under the poison each time. */
    const decode = (isPoison: boolean) => {
      let attempts = 0
      return async (): Promise<string> => {
        attempts += 1
        running += 1
        if (running === 2) bothRun.resolve()
        await bothRun.promise
        if (attempts > 1) together.push(running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return attempts === 1 || isPoison ? dead() : 'heard'
      }
    }
    const [good, poison] = await Promise.allSettled([
      guard.run(piece(1), signal, decode(false)),
      guard.run(piece(2), signal, decode(true)),
    ])
    expect(good).toMatchObject({ status: 'fulfilled', value: 'heard' })
    expect(poison).toMatchObject({ status: 'rejected', reason: { code: 'asr_failed' } })
    expect(together).toEqual([1, 1])
    expect(await guard.run(piece(1), signal, () => Promise.resolve('again'))).toBe('again')
  })

  it('repeats nothing that failed for another reason', async () => {
    const guard = new PoisonGuard({ parallel: 1 })
    let calls = 0
    const call = (): Promise<never> => {
      calls += 1
      return Promise.reject(new VigiaError('engine_timeout', 'slow'))
    }
    await expect(guard.run(piece(1), signal, call)).rejects.toMatchObject({ code: 'engine_timeout' })
    await expect(guard.run(piece(1), signal, call)).rejects.toMatchObject({ code: 'engine_timeout' })
    expect(calls).toBe(2)
  })
})
