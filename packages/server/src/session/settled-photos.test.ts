import type { Observation } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import type { Store, StoredFrame } from '../store/store.ts'
import { settledPhotos } from './settled-photos.ts'

const frame = (id: string, status: Observation['status']): StoredFrame => ({ id, observation: { status } }) as StoredFrame
const storeOf = (list: () => StoredFrame[]): Pick<Store, 'frames'> => ({
  frames: { list: async () => list() } as unknown as Store['frames'],
})

it('waits until each photo is described, telling how many are', async () => {
  const clock = createFakeClock()
  let frames = [frame('a', 'done'), frame('b', 'pending')]
  const told: [number, number][] = []
  const settled = settledPhotos(
    storeOf(() => frames),
    clock,
    's',
    new AbortController().signal,
    (done, total) => told.push([done, total]),
  )
  await clock.advance(1000)
  frames = [frame('a', 'done'), frame('b', 'failed')]
  await clock.advance(250)
  expect((await settled).map(({ observation }) => observation?.status)).toEqual(['done', 'failed'])
  expect(told.at(-1)).toEqual([2, 2])
})

it('goes on without a description that does not come', async () => {
  const clock = createFakeClock()
  const settled = settledPhotos(
    storeOf(() => [frame('a', 'pending')]),
    clock,
    's',
    new AbortController().signal,
    () => {},
  )
  await clock.advance(31_000)
  expect(await settled).toHaveLength(1)
})

it('stops waiting when the session is erased', async () => {
  const clock = createFakeClock()
  const abort = new AbortController()
  const settled = settledPhotos(
    storeOf(() => [frame('a', 'pending')]),
    clock,
    's',
    abort.signal,
    () => {},
  )
  const caught = expect(settled).rejects.toThrow('erased')
  abort.abort(new Error('erased'))
  await clock.advance(250)
  await caught
})
