import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameQueue } from './frame-queue.ts'

function drain<T>(queue: FrameQueue<T>): T[] {
  const items: T[] = []
  for (let item = queue.take(); item !== null; item = queue.take()) items.push(item)
  return items
}

test('in a group of depth 1 the newest photo waits and the older one is given back', () => {
  const queue = new FrameQueue<string>(10)
  expect(queue.put('a', 'old', 1)).toEqual({ replaced: null })
  expect(queue.put('a', 'new', 1)).toEqual({ replaced: 'old' })
  expect(drain(queue)).toEqual(['new'])
})

test('a replaced photo passes its turn on', () => {
  const queue = new FrameQueue<string>(10)
  queue.put('a', 'a1', 1)
  queue.put('b', 'b1', 1)
  queue.put('a', 'a2', 1)
  expect(drain(queue)).toEqual(['a2', 'b1'])
})

test('groups take turns, however many photos one of them sent', () => {
  const queue = new FrameQueue<string>(10)
  for (const item of ['x1', 'x2', 'x3']) queue.put('x', item, 8)
  queue.put('a', 'a1', 1)
  queue.put('b', 'b1', 1)
  expect(drain(queue)).toEqual(['x1', 'a1', 'b1', 'x2', 'x3'])
})

test('a full group and a full queue refuse', () => {
  const queue = new FrameQueue<number>(3)
  queue.put('x', 1, 2)
  queue.put('x', 2, 2)
  expect(queue.put('x', 3, 2)).toBe('full')
  queue.put('a', 4, 1)
  expect(queue.put('b', 5, 1)).toBe('full')
})

test('never holds more than its bound, and gives every photo out exactly once', () => {
  const put = fc.record({ group: fc.constantFrom('a', 'b', 'c', 'd'), take: fc.boolean(), depth: fc.constantFrom(1, 3) })
  fc.assert(
    fc.property(fc.array(put, { maxLength: 60 }), (steps) => {
      const queue = new FrameQueue<number>(4)
      const seen: number[] = []
      let added = 0
      for (const [i, { group, take, depth }] of steps.entries()) {
        const result = queue.put(group, i, depth)
        if (result !== 'full') added += 1
        if (result !== 'full' && result.replaced !== null) seen.push(result.replaced)
        expect(queue.waiting).toBeLessThanOrEqual(4)
        const taken = take ? queue.take() : null
        if (taken !== null) seen.push(taken)
      }
      seen.push(...drain(queue))
      expect(queue.waiting).toBe(0)
      expect(new Set(seen).size).toBe(added)
      expect(seen.length).toBe(added)
    }),
  )
})
