import { describe, expect, it } from 'vitest'
import { Mutex } from './mutex.ts'

describe('Mutex', () => {
  it('runs tasks one at a time, in order, also after one that fails', async () => {
    const mutex = new Mutex()
    const log: string[] = []
    const task =
      (name: string, fail = false) =>
      async () => {
        log.push(`${name} in`)
        await new Promise((resolve) => setImmediate(resolve))
        log.push(`${name} out`)
        if (fail) throw new Error(name)
        return name
      }
    const all = await Promise.allSettled([mutex.run(task('a')), mutex.run(task('b', true)), mutex.run(task('c'))])
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
    expect(all.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(mutex.busy).toBe(false)
  })

  it('gives up its place when aborted while waiting', async () => {
    const mutex = new Mutex()
    const held = Promise.withResolvers<void>()
    const first = mutex.run(() => held.promise)
    const controller = new AbortController()
    let ran = false
    const second = mutex.run(() => (ran = true), controller.signal)
    controller.abort(new Error('no longer'))
    await expect(second).rejects.toThrow('no longer')
    held.resolve()
    await first
    await mutex.run(() => {})
    expect(ran).toBe(false)
  })
})
