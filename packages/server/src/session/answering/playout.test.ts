import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../std/fake-clock.ts'
import { AHEAD_MS, Playout, type PlayoutChunk } from './playout.ts'

const piece = (ms = 60): PlayoutChunk => ({ fragment: 0, samples: new Int16Array(ms * 16), sampleRate: 16_000, durationMs: ms })

function stage(paced = true) {
  const clock = createFakeClock()
  const sent: { atMs: number; startMs: number }[] = []
  const told: string[] = []
  const playout = new Playout({
    clock,
    paced,
    send: (_, startMs) => sent.push({ atMs: clock.now(), startMs }),
    onDrained: () => told.push(`drained ${clock.now()}`),
    onFinished: () => told.push(`finished ${clock.now()}`),
  })
  const fill = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await playout.push(piece())
  }
  return { clock, sent, told, playout, fill }
}

describe('letting sound out', () => {
  it('never sends more than 300 ms ahead of what is heard, and loses nothing', async () => {
    const { clock, sent, told, playout, fill } = stage()
    await fill(50)
    playout.complete()
    await clock.advance(5000)
    expect(sent.map(({ startMs }) => startMs)).toEqual(Array.from({ length: 50 }, (_, i) => i * 60))
    for (const { atMs, startMs } of sent) expect(startMs + 60 - atMs).toBeLessThanOrEqual(AHEAD_MS)
    expect(told).toEqual(['drained 2700', 'finished 3000'])
  })

  it('sends nothing while it is held and goes on where it was', async () => {
    const { clock, sent, told, playout, fill } = stage()
    await fill(20)
    playout.complete()
    await clock.advance(300)
    playout.hold()
    const before = sent.length
    await clock.advance(10_000)
    expect(sent.length).toBe(before)
    expect(playout.heardMs).toBe(300)
    playout.resume()
    await clock.advance(900)
    expect(sent.length).toBe(20)
    expect(told.at(-1)).toBe('finished 11200')
  })

  it('does not count silence between two sentences as heard', async () => {
    const { clock, playout, fill } = stage()
    await fill(2)
    await clock.advance(5000)
    expect(playout.heardMs).toBe(120)
    await fill(2)
    await clock.advance(60)
    expect(playout.heardMs).toBe(180)
  })

  it('believes the client about what was heard', async () => {
    const { clock, playout, fill } = stage()
    await fill(10)
    await clock.advance(500)
    playout.report(200)
    expect(playout.heardMs).toBe(200)
    playout.report(99_999)
    expect(playout.heardMs).toBe(playout.sentMs)
  })

  it('sends again what a lost client had not heard', async () => {
    const { clock, sent, playout, fill } = stage()
    await fill(20)
    await clock.advance(400)
    playout.hold()
    playout.report(250)
    playout.rewind()
    playout.resume()
    const again = sent.slice(sent.findLastIndex(({ startMs }) => startMs === 240))
    expect(again[0]!.startMs).toBe(240)
    await clock.advance(2000)
    expect(sent.at(-1)!.startMs).toBe(19 * 60)
  })

  it('sends at once when the client paces by itself, and nothing behind a stop', async () => {
    const { clock, sent, told, playout, fill } = stage(false)
    await fill(20)
    expect(sent.length).toBe(20)
    playout.stop()
    await fill(5)
    await clock.advance(5000)
    expect(sent.length).toBe(20)
    expect(told).toEqual([])
  })
})
