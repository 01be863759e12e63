import type { Observation } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { createFakeClock } from '../../std/fake-clock.ts'
import type { CompatDeps } from './deps.ts'
import { RequestMedia } from './media.ts'

const PICTURE = Uint8Array.of(1, 2, 3)
const caller = { owner: null, keep: true, sessionId: null }

function media() {
  const stored = new Set<string>()
  let count = 0
  const deps = {
    clock: createFakeClock(),
    vision: {
      engine: { method: 'model' },
      async submit() {
        const frameId = `f${count++}`
        stored.add(frameId)
        return { frameId, observation: Promise.resolve({ frame_id: frameId } as Observation) }
      },
    },
    store: {
      frames: {
        get: async (id: string) => (stored.has(id) ? { id } : null),
        erase: async (id: string) => stored.delete(id),
      },
    },
  } as unknown as CompatDeps
  return { media: new RequestMedia(deps), stored }
}

it('stores a picture once, and again when it was erased meanwhile', async () => {
  const { media: pictures, stored } = media()
  const first = await pictures.picture(PICTURE, caller)
  expect((await pictures.picture(PICTURE, caller)).frameId).toBe(first.frameId)
  stored.delete(first.frameId)
  const second = await pictures.picture(PICTURE, caller)
  expect(second.frameId).not.toBe(first.frameId)
  expect([...stored]).toEqual([second.frameId])
})

it('forgets the pictures of who opted out, and never one that another request keeps', async () => {
  const { media: pictures, stored } = media()
  const kept = await pictures.picture(PICTURE, caller)
  const without = { ...caller, keep: false }
  const own = await pictures.picture(PICTURE, without)
  await pictures.forget([own.frameId], without)
  expect([...stored]).toEqual([kept.frameId])
})
