import type { VigiaError } from '@vigia/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PhotoMeasures } from '../engines/photo-processor.ts'
import { systemClock } from '../std/clock.ts'
import { Describer } from './describer.ts'
import { type HeldCall, heldVision } from './testing/fakes.ts'

/** Photos of a few sessions and clients in any order, against an engine that answers in any order. */

const SESSIONS = ['a', 'b', 'c']
const LOOSE = 'loose'
const LOOSE_DEPTH = 3

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ photoOf: fc.constantFrom(...SESSIONS, LOOSE) }) },
  { weight: 2, arbitrary: fc.record({ answer: fc.nat(9) }) },
)

interface Photo {
  no: number
  group: string
  outcome: 'waiting' | 'described' | 'vision_superseded' | 'rate_limited'
}

/** Lets promises that are due run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test.each([1, 2, 4])('an engine that takes %i photos at a time', async (parallel) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const vision = { ...heldVision(), parallel }
      await using describer = new Describer({ vision, clock: systemClock, maxWaiting: 64, deadlineMs: 60_000 })
      const photos: Photo[] = []
      const under: { photo: Photo; call: HeldCall }[] = []
      const started: Photo[] = []
      /** Starts of other groups since a session's photo could have begun, by session. */
      const passed = new Map<string, string[]>()
      const isBusy = (group: string): boolean => under.some(({ photo }) => photo.group === group)
      const photoOf = ({ request }: HeldCall): Photo => photos[Number(request.prompt)]!

      const look = async (): Promise<void> => {
        await settled()
        for (const call of vision.calls.splice(0)) {
          const photo = photoOf(call)
          if (photo.group !== LOOSE) expect(isBusy(photo.group)).toBe(false)
          under.push({ photo, call })
          started.push(photo)
          passed.delete(photo.group)
          for (const [group, others] of passed) if (!isBusy(group)) others.push(photo.group)
        }
        expect(under.length).toBeLessThanOrEqual(parallel)
        for (const others of passed.values()) expect(new Set(others).size).toBe(others.length)
        for (const group of SESSIONS) {
          const waiting = photos.filter(
            (photo) => photo.group === group && photo.outcome === 'waiting' && !started.includes(photo),
          )
          expect(waiting.length).toBeLessThanOrEqual(1)
        }
      }

      const submit = async (group: string): Promise<void> => {
        const photo: Photo = { no: photos.length, group, outcome: 'waiting' }
        photos.push(photo)
        if (group !== LOOSE && !passed.has(group)) passed.set(group, [])
        const request = { images: [], language: 'es', prompt: String(photo.no), measured: {} as PhotoMeasures }
        describer.describe(group, group === LOOSE ? LOOSE_DEPTH : 1, request).then(
          () => {
            photo.outcome = 'described'
          },
          (error: VigiaError) => {
            photo.outcome = error.code as Photo['outcome']
          },
        )
        await look()
      }

      const answer = async (i: number): Promise<void> => {
        for (const { call } of under.splice(i % Math.max(1, under.length), 1)) call.answer({})
        await look()
      }

      for (const one of steps) await ('photoOf' in one ? submit(one.photoOf) : answer(one.answer))
      while (under.length > 0) await answer(0)

      expect(photos.filter(({ outcome }) => outcome === 'waiting')).toEqual([])
      for (const group of SESSIONS) {
        const own = photos.filter((photo) => photo.group === group)
        expect(own.at(-1)?.outcome ?? 'described').toBe('described')
        expect(own.every(({ outcome }) => outcome !== 'rate_limited')).toBe(true)
        const order = started.filter((photo) => photo.group === group).map(({ no }) => no)
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }
      expect(photos.every(({ group, outcome }) => group !== LOOSE || outcome !== 'vision_superseded')).toBe(true)
      expect(started.length).toBe(photos.filter(({ outcome }) => outcome === 'described').length)
    }),
    { numRuns: 60 },
  )
})

test('a slow photo of one session holds up no other while the engine has room', async () => {
  const vision = { ...heldVision(), parallel: 2 }
  await using describer = new Describer({ vision, clock: systemClock, maxWaiting: 8, deadlineMs: 60_000 })
  const ask = (group: string) => describer.describe(group, 1, { images: [], language: 'es' })
  const slow = ask('a')
  const next = ask('a')
  const other = ask('b')
  await settled()
  expect(vision.calls).toHaveLength(2) // of a and of b, not both of a
  vision.calls[1]!.answer({ description: 'b' })
  expect((await other).draft.description).toBe('b')
  vision.calls[0]!.answer({ description: 'a1' })
  expect((await slow).draft.description).toBe('a1')
  await settled()
  vision.calls[2]!.answer({ description: 'a2' })
  expect((await next).draft.description).toBe('a2')
})
