import { describe, expect, it } from 'vitest'
import type { Decode } from './asr.ts'
import { limited } from './limited.ts'

const samples = (id: number): Int16Array => Int16Array.of(id)
const never = new AbortController().signal
const live = { language: 'es', purpose: 'live' } as const
const final = { language: 'es', purpose: 'final' } as const

function slow() {
  const started: number[] = []
  let running = 0
  let most = 0
  const decode: Decode = async ([id]) => {
    started.push(id!)
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running -= 1
    if (id === 13) throw new Error('no')
    return { text: String(id), words: [] }
  }
  return { decode, started, most: () => most }
}

describe('the limit', () => {
  it('never runs more than it may, and live goes ahead of final', async () => {
    const { decode, started, most } = slow()
    const one = limited(decode, { parallel: 1 })
    const results = [one(samples(1), final, never), one(samples(2), final, never), one(samples(3), live, never)]
    expect((await Promise.all(results)).map(({ text }) => text)).toEqual(['1', '2', '3'])
    expect(started).toEqual([1, 3, 2])
    expect(most()).toBe(1)
  })

  it('frees its place after an error and after an abort while waiting', async () => {
    const { decode, started } = slow()
    const one = limited(decode, { parallel: 1 })
    const abort = new AbortController()
    const failing = expect(one(samples(13), live, never)).rejects.toThrow('no')
    const aborted = expect(one(samples(2), live, abort.signal)).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    await Promise.all([failing, aborted])
    expect((await one(samples(3), live, never)).text).toBe('3')
    expect(started).toEqual([13, 3])
  })

  it('refuses what goes beyond the queue', async () => {
    const one = limited(slow().decode, { parallel: 1, maxWaiting: 0 })
    const first = one(samples(1), live, never)
    await expect(one(samples(2), live, never)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await first
  })
})
