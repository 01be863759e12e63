import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { AudioRefused } from '../../audio-refused.ts'
import { VAD_WINDOW } from '../../vad.ts'
import { countsOf, STATE, type VadBatch, type VadScores } from './batch.ts'
import { VadBatcher } from './batcher.ts'

/** Scores a window by its first sample; counts windows in the state. */
function fakeInfer(seen: number[][]) {
  return async (batch: VadBatch): Promise<VadScores> => {
    const counts = countsOf(batch)
    seen.push(counts)
    const probabilities = Float32Array.from(
      batch.windows.flatMap((all) => Array.from({ length: all.length / VAD_WINDOW }, (_, at) => all[at * VAD_WINDOW]!)),
    )
    const states = batch.states.slice()
    for (const [stream, count] of counts.entries()) states[stream * STATE]! += count
    await new Promise(setImmediate)
    return { probabilities, states }
  }
}
const windows = (...firsts: number[]): Int16Array => {
  const samples = new Int16Array(firsts.length * VAD_WINDOW)
  for (const [at, first] of firsts.entries()) samples[at * VAD_WINDOW] = first
  return samples
}

describe('the batcher', () => {
  it('puts streams that were fed in one turn into one batch and gives each its own scores', async () => {
    const seen: number[][] = []
    const batcher = new VadBatcher(fakeInfer(seen))
    const streams = [batcher.open(), batcher.open(), batcher.open()]
    const scores = await Promise.all(
      streams.map((stream, index) => stream.score(windows(...Array<number>(index + 1).fill(index)))),
    )
    expect(scores.map((score) => [...score])).toEqual([[0], [1, 1], [2, 2, 2]])
    expect(seen).toEqual([[3, 2, 1]])
  })

  it('answers the calls of one stream in order, in batches that never overlap', async () => {
    const seen: number[][] = []
    const stream = new VadBatcher(fakeInfer(seen)).open()
    const scores = await Promise.all([1, 2, 3].map((first) => stream.score(windows(first))))
    expect(scores.map((score) => [...score])).toEqual([[1], [2], [3]])
    expect(seen).toEqual([[1], [1], [1]])
  })

  it('lets live streams in between the pieces of a long recording', async () => {
    const seen: number[][] = []
    const batcher = new VadBatcher(fakeInfer(seen))
    const order: string[] = []
    const long = batcher.open().score(windows(...Array<number>(320).fill(1)))
    const both = [
      long.then(() => order.push('recording')),
      batcher
        .open()
        .score(windows(1))
        .then(() => order.push('live')),
    ]
    await Promise.all(both)
    expect(order).toEqual(['live', 'recording'])
    expect(Math.max(...seen.flat())).toBe(32)
  })

  it('fails the windows of a failed batch, forgets their state, and goes on', async () => {
    let failing = true
    const states: number[] = []
    const batcher = new VadBatcher(async (batch) => {
      if (failing) throw new VigiaError('engine_timeout', 'slow')
      states.push(batch.states[0]!)
      return fakeInfer([])(batch)
    })
    const stream = batcher.open()
    await expect(stream.score(windows(1))).rejects.toMatchObject({ code: 'engine_timeout' })
    failing = false
    expect([...(await stream.score(windows(5)))]).toEqual([5])
    expect([...(await stream.score(windows(6)))]).toEqual([6])
    expect(states).toEqual([0, 1])
  })

  it('rejects what waits on a stream that is closed, and serves the others', async () => {
    const batcher = new VadBatcher(fakeInfer([]))
    const closed = batcher.open()
    const call = closed.score(windows(1))
    closed[Symbol.dispose]()
    await expect(call).rejects.toMatchObject({ code: 'vad_failed' })
    expect([...(await batcher.open().score(windows(2)))]).toEqual([2])
  })

  it('tries what ended the process once more by itself, then refuses it, and scores what was beside it', async () => {
    const found: number[] = []
    const calls: number[][] = []
    const POISON = 666
    const batcher = new VadBatcher(
      async (batch) => {
        calls.push(countsOf(batch))
        if (batch.windows.some((all) => all.includes(POISON))) throw new VigiaError('engine_crashed', 'gone')
        return fakeInfer([])(batch)
      },
      (deaths) => found.push(deaths),
    )
    const poisoned = batcher.open()
    const results = await Promise.allSettled([
      batcher.open().score(windows(1, 2)),
      poisoned.score(windows(7, POISON, 8)),
      batcher.open().score(windows(3)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { code: 'vad_failed' } })
    expect(calls).toEqual([[3, 2, 1], [3], [2], [1]])
    expect(found).toEqual([2])

    // what follows in the same second is not tried either
    await expect(poisoned.score(windows(10, 11))).rejects.toBeInstanceOf(AudioRefused)
    await expect(poisoned.score(windows(...Array<number>(30).fill(12)))).rejects.toBeInstanceOf(AudioRefused)
    // known again, wherever it comes in a call; the stream goes on, and silence is no suspect
    await expect(batcher.open().score(windows(5, 6, POISON))).rejects.toBeInstanceOf(AudioRefused)
    expect(calls).toHaveLength(4)
    expect([...(await poisoned.score(windows(9, 0)))]).toEqual([9, 0])
  })
})
