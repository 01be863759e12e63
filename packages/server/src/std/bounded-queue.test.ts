import { describe, expect, it } from 'vitest'
import { BoundedQueue } from './bounded-queue.ts'

async function drain<T>(queue: BoundedQueue<T>): Promise<T[]> {
  return Array.fromAsync(queue)
}

describe('BoundedQueue', () => {
  it('gives items in order and ends after those that wait when closed', async () => {
    const queue = new BoundedQueue<number>({ capacity: 10 })
    for (const n of [1, 2, 3]) queue.push(n)
    queue.close()
    expect(queue.push(4)).toBe(false)
    expect(await drain(queue)).toEqual([1, 2, 3])
  })

  it('wakes a consumer that waits', async () => {
    const queue = new BoundedQueue<string>({ capacity: 1 })
    const all = drain(queue)
    await Promise.resolve()
    expect(queue.push('a')).toBe(true)
    queue.close()
    expect(await all).toEqual(['a'])
  })

  it('answers false when full', () => {
    const queue = new BoundedQueue<number>({ capacity: 2 })
    expect([queue.push(1), queue.push(2), queue.push(3)]).toEqual([true, true, false])
    expect(queue.length).toBe(2)
  })

  it('throws the given error when full', () => {
    const queue = new BoundedQueue<number>({ capacity: 1, overflow: () => new RangeError('full') })
    queue.push(1)
    expect(() => queue.push(2)).toThrow(RangeError)
    expect(queue.length).toBe(1)
  })

  it('drops the oldest and counts it', async () => {
    const queue = new BoundedQueue<number>({ capacity: 2, overflow: 'drop_oldest' })
    for (const n of [1, 2, 3, 4]) queue.push(n)
    queue.close()
    expect(queue.dropped).toBe(2)
    expect(await drain(queue)).toEqual([3, 4])
  })

  it('counts units by sizeOf and takes an oversized item when empty', () => {
    const queue = new BoundedQueue<Uint8Array>({ capacity: 10, sizeOf: (bytes) => bytes.length })
    expect(queue.push(new Uint8Array(20))).toBe(true)
    expect(queue.push(new Uint8Array(1))).toBe(false)
    expect(queue.size).toBe(20)
    queue.clear()
    expect(queue.size).toBe(0)
    expect(queue.push(new Uint8Array(10))).toBe(true)
  })

  it('rejects the consumer with the reason of abort and drops what waits', async () => {
    const queue = new BoundedQueue<number>({ capacity: 5 })
    queue.push(1)
    const reason = new Error('gone')
    queue.abort(reason)
    await expect(drain(queue)).rejects.toBe(reason)
    expect(queue.length).toBe(0)
  })

  it('stays in order over many pushes and pulls', async () => {
    const queue = new BoundedQueue<number>({ capacity: 50 })
    const seen: number[] = []
    const reader = (async () => {
      for await (const n of queue) seen.push(n)
    })()
    for (let n = 0; n < 1000; n++) {
      queue.push(n)
      if (n % 37 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    queue.close()
    await reader
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => n))
  })
})
