import { Observation, VigiaError } from '@vigia/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import type { Alert } from './alerts.ts'
import type { PhotoSubmission, VisionServiceOptions } from './service.ts'
import { countingVision, fakePhotos, fakeStore, heldVision } from './testing/fakes.ts'
import { jpegHeader, pngHeader, webpHeader } from './testing/header-bytes.ts'
import { createVisionService } from './vision-service.ts'

const START = Date.parse('2026-05-01T12:00:00Z')
const bytes = jpegHeader(640, 480)

let store: Awaited<ReturnType<typeof fakeStore>>
beforeEach(async () => {
  store = await fakeStore(['s1', 's2', 's3'].map((id) => ({ id, owner: null, language: 'es' })))
})
afterEach(() => store[Symbol.asyncDispose]())

function open(options: Partial<VisionServiceOptions> = {}) {
  let count = 0
  const clock = createFakeClock(START)
  const heard: Observation[] = []
  const alerts: [string, Alert][] = []
  const service = createVisionService({
    photos: fakePhotos(),
    vision: countingVision(),
    store,
    locate: async () => 1500,
    onObservation: (observation) => heard.push(observation),
    onAlert: (sessionId, alert) => alerts.push([sessionId, alert]),
    clock,
    newFrameId: () => `f${++count}`,
    ...options,
  })
  const submit = (change: Partial<PhotoSubmission> = {}) =>
    service.submit({ bytes, sessionId: 's1', owner: null, arrivedAt: clock.wallMs(), ...change })
  return { service, clock, heard, alerts, submit }
}

/** Differing hashes, so that no photo counts as a duplicate. */
const different = () =>
  fakePhotos(...['0000000000000000', 'ffffffffffffffff', '00000000ffffffff', 'ffff0000ffff0000'].map((dhash) => ({ dhash })))

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fulfilled',
    (error) => (VigiaError.is(error) ? error.code : error),
  )

describe('a photo', () => {
  test.each([
    { by: 'a model', method: 'model', feedsModels: false, encode: true },
    { by: 'detectors', method: 'detector', feedsModels: false, encode: false },
    { by: 'detectors, and by the assistant', method: 'detector', feedsModels: true, encode: true },
  ] as const)('that is seen by $by is encoded again: $encode', async ({ method, feedsModels, encode }) => {
    const photos = fakePhotos()
    const { submit } = open({ photos, vision: { ...countingVision(), method }, feedsModels: () => feedsModels })
    await (await submit()).observation
    expect(photos.kinds).toMatchObject([{ encode }])
  })

  test('is stored with its thumbnail before it is described, and described on its session timeline', async () => {
    const vision = heldVision()
    const { submit, heard } = open({ vision })
    const { frameId, pending, observation } = await submit({ timestamp: START - 2000 })
    expect(store.rows.get(frameId)).toMatchObject({
      sessionId: 's1',
      atMs: 1500,
      mime: 'image/jpeg',
      observation: { status: 'pending' },
    })
    expect([...store.images.keys()]).toEqual(['f1', 'f1.thumb'])
    expect(pending).toMatchObject({ captured_at: '2026-05-01T11:59:58.000Z', captured_by: 'client', at: 1.5 })
    vision.calls[0]?.answer({ description: 'Una mesa.' })
    const done = await observation
    expect(Observation.parse(done)).toMatchObject({ frame_id: 'f1', session_id: 's1', description: 'Una mesa.', status: 'done' })
    expect(store.rows.get('f1')?.observation).toEqual(done)
    expect(heard).toEqual([done])
  })

  test('keeps the times of each stage', async () => {
    const vision = heldVision()
    const { submit, clock } = open({ vision, photos: different() })
    const arrivedAt = clock.wallMs()
    await clock.advance(30)
    const first = await submit({ arrivedAt })
    const second = await submit({ sessionId: 's2' })
    await clock.advance(200)
    vision.calls[0]?.answer({})
    expect((await first.observation).timings).toEqual({ received: 30, decoded: 0, queued: 0, model: 200, total: 230 })
    await clock.advance(50)
    vision.calls[1]?.answer({})
    expect((await second.observation).timings).toMatchObject({ queued: 200, model: 50, total: 250 })
  })

  test('of an unknown session, or of one that belongs to another key, is refused before it is decoded', async () => {
    const photos = fakePhotos()
    const { submit } = open({ photos })
    expect(await codeOf(submit({ sessionId: 'nobody' }))).toBe('session_not_found')
    expect(await codeOf(submit({ owner: 'key-b' }))).toBe('session_not_found')
    expect(photos.prepared).toBe(0)
  })

  test('that is no picture is refused before it is decoded', async () => {
    const photos = fakePhotos()
    const { submit } = open({ photos })
    expect(await codeOf(submit({ bytes: new TextEncoder().encode('hola') }))).toBe('unsupported_image')
    expect(await codeOf(submit({ bytes: pngHeader(50_000, 50_000) }))).toBe('image_too_large')
    expect(await codeOf(submit({ bytes: [] }))).toBe('invalid_request')
    expect(photos.prepared).toBe(0)
    expect(store.rows.size).toBe(0)
  })

  test('that is black is not shown to the engine', async () => {
    const vision = countingVision()
    const { submit } = open({ vision, photos: fakePhotos({ light: 2, sharpness: 0 }) })
    const done = await (await submit()).observation
    expect(done.quality).toMatchObject({ usable: false, problem: 'dark' })
    expect(done.description).toContain('casi negra')
    expect(vision.requests).toHaveLength(0)
  })

  test('whose client has a fast clock says so, also when it is too dark to be described', async () => {
    const { submit } = open({ photos: fakePhotos({ light: 2, sharpness: 0 }) })
    const done = await (await submit({ timestamp: START + 3_600_000 })).observation
    expect(done.captured_by).toBe('arrival')
    expect(done.uncertain).toContain('La hora de la foto va 60 min por delante del reloj del servidor.')
  })

  test('that is animated says that only its first picture was looked at', async () => {
    const { submit } = open()
    const done = await (await submit({ bytes: webpHeader(64, 64, true) })).observation
    expect(done.uncertain.join(' ')).toContain('primer fotograma')
  })

  test('in a burst stands for the others when it is the sharpest; the rest is stored beside it', async () => {
    const vision = countingVision()
    const { submit } = open({ vision, photos: fakePhotos({ sharpness: 50 }, { sharpness: 900 }, { sharpness: 400 }) })
    const done = await (await submit({ bytes: [bytes, bytes, bytes] })).observation
    expect(done.quality.sharpness).toBe(900)
    expect(vision.requests[0]?.images.map((image) => image[2])).toEqual([2, 3, 1])
    expect([...store.images.keys()]).toEqual(['f1', 'f1.thumb', 'f1.burst1', 'f1.burst2'])
  })
})

describe('the answer 202', () => {
  test('waits for the session, one decode and one durable write, and for no description', async () => {
    const vision = heldVision()
    const calls = { sessions: 0, decoded: 0, put: 0 }
    const photos = different()
    const prepare = photos.prepare.bind(photos)
    const counted: typeof photos = {
      ...photos,
      prepare: (...args) => {
        calls.decoded += 1
        return prepare(...args)
      },
    }
    const { get } = store.sessions
    store.sessions.get = (id) => {
      calls.sessions += 1
      return get(id)
    }
    const { put } = store.frames
    store.frames.put = (...args) => {
      calls.put += 1
      return put(...args)
    }
    const { submit } = open({ vision, photos: counted })
    for (let i = 1; i <= 3; i++) {
      const { pending } = await submit()
      expect(calls).toEqual({ sessions: i, decoded: i, put: i })
      expect(pending.timings).not.toHaveProperty('model')
    }
    expect(vision.calls).toHaveLength(1) // still held
  })

  test('what must not be lost is noted before the observation is stored, and it is told of afterwards', async () => {
    const order: string[] = []
    const { update } = store.frames
    store.frames.update = async (...args) => {
      await update(...args)
      order.push('stored')
    }
    const danger = { what: 'cuchillo', why: 'corte', where: 'en la mesa', severity: 'medium', certainty: 'low' } as const
    const { submit } = open({
      vision: countingVision({ dangers: [danger] }),
      beforeSettled: async ({ status }, alerts) => void order.push(`${status}, ${alerts.length} alert`),
      onObservation: () => order.push('told'),
      onAlert: () => order.push('alert'),
    })
    await (await submit()).observation
    expect(order).toEqual(['done, 1 alert', 'stored', 'told', 'alert'])
  })
})

describe('a near-identical photo', () => {
  test('gets the earlier description and says whose', async () => {
    const vision = countingVision()
    const { submit } = open({ vision, photos: fakePhotos({ dhash: '0000000000000000' }, { dhash: '0000000000000003' }) })
    await (await submit()).observation
    const second = await (await submit()).observation
    expect(second).toMatchObject({ frame_id: 'f2', description: 'foto 1', quality: { duplicate_of: 'f1' } })
    expect(vision.requests).toHaveLength(1)
  })

  test('is described again in another session, with a question, and after two minutes', async () => {
    const vision = countingVision()
    const { submit, clock } = open({ vision })
    await (await submit()).observation
    await (await submit({ sessionId: 's2' })).observation
    await (await submit({ prompt: '¿Qué pone?' })).observation
    await clock.advance(120_001)
    await (await submit()).observation
    expect(vision.requests.map(({ prompt }) => prompt)).toEqual([undefined, undefined, '¿Qué pone?', undefined])
  })
})

describe('when photos come faster than they are described', () => {
  test('of twenty in a second one is worked on, one waits, and the newest is described', async () => {
    const vision = heldVision()
    const hashes = Array.from({ length: 20 }, (_, i) => (BigInt(2 ** 32 - 1) << BigInt(i)).toString(16).padStart(16, '0'))
    const { submit, service } = open({ vision, photos: fakePhotos(...hashes.map((dhash) => ({ dhash }))) })
    const photos = []
    for (let i = 0; i < 20; i++) {
      photos.push(await submit())
      expect(service.load.waiting).toBeLessThanOrEqual(1)
    }
    expect(vision.calls).toHaveLength(1)
    vision.calls[0]?.answer({ description: 'primera' })
    await photos[0]?.observation
    vision.calls[1]?.answer({ description: 'última' })
    expect((await photos[19]!.observation).description).toBe('última')
    const statuses = [...store.rows.values()].map(({ observation }) => observation?.status)
    expect(statuses.filter((status) => status === 'superseded')).toHaveLength(18)
    expect(vision.calls).toHaveLength(2)
  })

  test('the newest of a session wins and the replaced one says so', async () => {
    const vision = heldVision()
    const { submit, heard } = open({ vision, photos: different() })
    const [first, second, third] = [await submit(), await submit(), await submit()]
    expect(await codeOf(second.observation)).toBe('vision_superseded')
    const replaced = store.rows.get('f2')?.observation
    expect(replaced).toMatchObject({ status: 'superseded', description: expect.stringContaining('llegó otra más nueva') })
    expect(replaced?.timings).toMatchObject({ received: 0, decoded: 0, total: 0 })
    vision.calls[0]?.answer({ description: 'uno' })
    expect((await first.observation).description).toBe('uno')
    vision.calls[1]?.answer({ description: 'tres' })
    expect((await third.observation).description).toBe('tres')
    expect(heard.map(({ frame_id, status }) => [frame_id, status])).toEqual([
      ['f2', 'superseded'],
      ['f1', 'done'],
      ['f3', 'done'],
    ])
  })

  test('sessions take turns', async () => {
    const vision = heldVision()
    const { submit } = open({ vision, photos: different() })
    const s1 = [await submit(), await submit()]
    const s2 = await submit({ sessionId: 's2' })
    vision.calls[0]?.answer({ description: 's1 first' })
    await s1[0]?.observation
    vision.calls[1]?.answer({ description: 's1 second' })
    await s1[1]?.observation
    vision.calls[2]?.answer({ description: 's2' })
    expect((await s2.observation).description).toBe('s2')
  })

  test('photos without a session are all described, up to a bound', async () => {
    const vision = heldVision()
    const { submit } = open({ vision })
    const photos = []
    for (let i = 0; i < 10; i++) photos.push(await submit({ sessionId: null }))
    expect(await codeOf(photos[9]!.observation)).toBe('rate_limited')
    for (let i = 0; i < 9; i++) {
      vision.calls[i]?.answer({ description: `${i}` })
      expect((await photos[i]!.observation).description).toBe(`${i}`)
    }
  })

  test('those that wait to be decoded are bounded, and refused ones are not stored', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = fakePhotos()
    const photos = {
      ...slow,
      prepare: (...args: Parameters<typeof slow.prepare>) => gate.promise.then(() => slow.prepare(...args)),
    }
    const { submit, service } = open({ photos, maxPreparing: 2 })
    const kept = [submit(), submit({ sessionId: 's2' })]
    await Promise.resolve()
    await Promise.resolve()
    expect(service.load.preparing).toBe(2)
    expect(await codeOf(submit({ sessionId: 's3' }))).toBe('rate_limited')
    gate.resolve()
    await Promise.all(kept)
    expect(store.rows.size).toBe(2)
    expect(service.load.preparing).toBe(0)
  })
})

describe('when something fails', () => {
  test('an engine that throws gives an error, and the stored photo names the stage', async () => {
    const vision = heldVision()
    const { submit, heard } = open({ vision })
    const { observation } = await submit()
    vision.calls[0]?.fail(new Error('CUDA error'))
    expect(await codeOf(observation)).toBe('vision_failed')
    expect(store.rows.get('f1')?.observation).toMatchObject({
      status: 'failed',
      description: expect.stringContaining('etapa: model'),
    })
    expect(heard[0]?.status).toBe('failed')
  })

  test('an engine that never answers is given up at the deadline, and the next photo is described', async () => {
    const vision = heldVision()
    const { submit, clock } = open({ vision, photos: different(), deadlineMs: 5000 })
    const hung = await submit()
    const next = await submit()
    await clock.advance(5000)
    expect(await codeOf(hung.observation)).toBe('engine_timeout')
    expect(vision.calls[0]?.signal.aborted).toBe(true)
    vision.calls[1]?.answer({ description: 'sigue' })
    expect((await next.observation).description).toBe('sigue')
  })

  test('a store that cannot keep the photo fails the request, and nothing is described', async () => {
    const vision = countingVision()
    const { submit } = open({ vision })
    store.frames.put = async () => {
      throw new VigiaError('storage_full', 'The disk is full.')
    }
    expect(await codeOf(submit())).toBe('storage_full')
    expect(vision.requests).toHaveLength(0)
  })

  test('stopping the service ends what waits; the next start describes it, with its question and in its language', async () => {
    const vision = heldVision()
    const { submit, service } = open({ vision, photos: different() })
    const photos = [await submit({ sessionId: null }), await submit({ prompt: '¿Qué pone?', language: 'fr' })]
    await service[Symbol.asyncDispose]()
    expect(await Promise.all(photos.map(({ observation }) => codeOf(observation)))).toEqual(['aborted', 'aborted'])
    expect(store.rows.get('f2')?.observation).toMatchObject({ status: 'pending' })
    const next = countingVision()
    const restarted = open({ vision: next })
    expect(await restarted.service.recover()).toBe(2)
    await expect.poll(() => store.rows.get('f2')?.observation?.status).toBe('done')
    expect(restarted.heard.map(({ frame_id }) => frame_id)).toEqual(['f1', 'f2'])
    expect(next.requests[1]).toMatchObject({
      prompt: '¿Qué pone?',
      language: 'fr',
      measured: { width: 640, dhash: 'ffffffffffffffff' },
    })
    expect(next.requests[1]?.images.map((image) => [...image])).toEqual([[...store.images.get('f2')!]])
    expect(await restarted.service.recover()).toBe(0)
  })
})

describe('dangers', () => {
  const danger = { what: 'cuchillo', why: 'corte', where: 'en la mesa', severity: 'high', certainty: 'low' } as const

  test('of high severity and low certainty become medium, and are announced once in their session', async () => {
    const vision = countingVision({ dangers: [danger] })
    const { submit, alerts } = open({ vision, photos: different() })
    const done = await (await submit()).observation
    await (await submit()).observation
    expect(done.dangers[0]?.severity).toBe('medium')
    expect(alerts).toEqual([['s1', { frameId: 'f1', what: 'cuchillo', why: 'corte', where: 'en la mesa', severity: 'medium' }]])
  })

  test('of photos without a session are announced to nobody', async () => {
    const { submit, alerts } = open({ vision: countingVision({ dangers: [danger] }) })
    await (await submit({ sessionId: null })).observation
    expect(alerts).toEqual([])
  })
})
