import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Consumed, handleOf, readHandle } from './resumption.ts'

describe('what is safe of what a client sent', () => {
  it('is never more than is on disk, however many messages wait', () => {
    const consumed = new Consumed(0)
    for (let message = 0; message < 5000; message += 1) {
      consumed.next()
      consumed.audio(100)
    }
    expect(consumed.index).toBe(-1)
    consumed.durable(100 * 10)
    expect(consumed.index).toBe(9)
    consumed.durable(100 * 4999)
    expect(consumed.index).toBeLessThan(4999)
    consumed.durable(100 * 5000)
    expect(consumed.index).toBe(4999)
  })

  it('holds for any order of messages with and without audio, and of what becomes durable', () => {
    const step = fc.oneof(fc.record({ bytes: fc.nat(500) }), fc.record({ durable: fc.nat(100) }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const consumed = new Consumed(0)
        const ends: number[] = []
        let [sent, durable] = [0, 0]
        for (const one of steps) {
          if ('bytes' in one) {
            consumed.next()
            sent += one.bytes
            if (one.bytes > 0) consumed.audio(one.bytes)
            ends.push(sent)
          } else {
            durable += Math.floor(((sent - durable) * one.durable) / 100)
            consumed.durable(durable)
          }
          const safe = ends.findIndex((end, i) => end > durable && end > (ends[i - 1] ?? 0))
          expect(consumed.index).toBe(safe < 0 ? ends.length - 1 : safe - 1)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('a handle', () => {
  it('names its session; others are not of this server', () => {
    expect(readHandle(handleOf({ id: 'a-1', resumeToken: 't' }))).toEqual({ sessionId: 'a-1', resumeToken: 't' })
    for (const handle of ['', 'x', Buffer.from('[1]').toString('base64url'), handleOf({ id: '../etc', resumeToken: 't' })])
      expect(() => readHandle(handle)).toThrow('handle')
  })
})
