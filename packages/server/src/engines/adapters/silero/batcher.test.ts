import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
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
      if (failing) throw new VigiaError('engine_crashed', 'gone')
      states.push(batch.states[0]!)
      return fakeInfer([])(batch)
    })
    const stream = batcher.open()
    await expect(stream.score(windows(1))).rejects.toMatchObject({ code: 'engine_crashed' })
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
})
