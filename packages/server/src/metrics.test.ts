import type { Observation } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { PhotoRhythm, photoObserver } from './photo-rhythm.ts'
import type { SessionStatus } from './session/service.ts'
import { startSessionLog } from './session-log.ts'
import { createFakeClock } from './std/fake-clock.ts'

const session: SessionStatus = {
  id: 's',
  state: 'live',
  tier: 'full',
  connectedMs: 1000,
  receivedBytes: 500,
  durableBytes: 300,
  lagSeconds: 1.5,
  chunkRate: 10,
  client: 'el móvil de Ana',
}

describe('metrics', () => {
  it('reads the gauges of live sessions at each scrape', async () => {
    const metrics = createMetrics()
    const sessions = [session, { ...session, state: 'detached' as const, lagSeconds: 4 }]
    metrics.watchSessions(() => sessions)
    const text = await metrics.registry.metrics()
    expect(text).toMatch(/^vigia_sessions_live 1$/m)
    expect(text).toMatch(/^vigia_buffered_audio_bytes 400$/m)
    expect(text).toMatch(/^vigia_recognizer_lag_seconds 4$/m)
    sessions.pop()
    expect(await metrics.registry.metrics()).toMatch(/^vigia_recognizer_lag_seconds 1.5$/m)
  })

  it('keeps two servers in one process apart', async () => {
    const [a, b] = [createMetrics(), createMetrics()]
    a.received(4)
    a.received(3)
    const text = await a.registry.metrics()
    expect(text).toMatch(/^vigia_received_audio_bytes_total 7$/m)
    expect(text).toMatch(/^vigia_audio_chunks_total 2$/m)
    const again = await a.registry.metrics()
    expect(again).toMatch(/^vigia_received_audio_bytes_total 7$/m)
    expect(again).toMatch(/^vigia_audio_chunks_total 2$/m)
    expect(await b.registry.metrics()).toMatch(/^vigia_received_audio_bytes_total 0$/m)
  })
})

describe('session log', () => {
  it('logs the figures of each live session at the interval, without the name of the client', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'info', pretty: false, personal: false }, { write: (line) => void lines.push(line) })
    const clock = createFakeClock()
    const stop = startSessionLog({ status: () => [session, { ...session, lagSeconds: 60 }], log, clock, everyMs: 1000 })
    await clock.advance(1000)
    stop()
    await clock.advance(5000)
    const logged = lines.map((line) => JSON.parse(line))
    expect(logged).toMatchObject([
      { level: 'info', msg: 'session figures', sessionId: 's', bufferedBytes: 200, lagSeconds: 1.5, chunkRate: 10 },
      { level: 'warn', msg: 'recognizer lags', lagSeconds: 60 },
    ])
    expect(lines.join()).not.toContain('Ana')
  })
})

describe('photo rhythm', () => {
  it('gives interval and running mean per client', () => {
    const rhythm = new PhotoRhythm()
    expect(rhythm.beat('a', 0)).toEqual({ photos: 1, intervalMs: null, meanIntervalMs: null })
    expect(rhythm.beat('b', 500).photos).toBe(1)
    expect(rhythm.beat('a', 1000)).toEqual({ photos: 2, intervalMs: 1000, meanIntervalMs: 1000 })
    expect(rhythm.beat('a', 3000)).toEqual({ photos: 3, intervalMs: 2000, meanIntervalMs: 1200 })
  })

  it('forgets the client it has not seen for longest', () => {
    const rhythm = new PhotoRhythm()
    for (let i = 0; i < 1500; i++) rhythm.beat(`c${i}`, i)
    expect(rhythm.size).toBe(1000)
    expect(rhythm.beat('c0', 2000).photos).toBe(1)
    expect(rhythm.beat('c1499', 2000).photos).toBe(2)
  })

  it('counts photos and logs their rhythm, nothing of what they show', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'info', pretty: false, personal: false }, { write: (line) => void lines.push(line) })
    const metrics = createMetrics()
    const clock = createFakeClock()
    const observe = photoObserver({ metrics, log, clock })
    const photo = {
      frame_id: 'f',
      session_id: 's',
      status: 'done',
      description: 'secreto',
      timings: { total: 12 },
    } as Observation
    observe(photo)
    await clock.advance(2000)
    observe(photo)
    expect(JSON.parse(lines[1]!)).toMatchObject({
      msg: 'photo observed',
      sessionId: 's',
      photos: 2,
      intervalMs: 2000,
      totalMs: 12,
    })
    expect(lines.join()).not.toContain('secreto')
    expect(await metrics.registry.metrics()).toMatch(/^vigia_photos_total\{outcome="done"\} 2$/m)
  })
})
