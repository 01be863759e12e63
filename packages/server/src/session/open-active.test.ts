import { VigiaError } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { createFakeClock } from '../std/fake-clock.ts'
import { type OpenActiveOptions, openActive } from './open-active.ts'

it('leaves the recording to who tries again, where the rest of a session cannot be put together', async () => {
  let open = 0
  const store = {
    audio: {
      open: async () => {
        if (open > 0) throw new VigiaError('conflict', 'It is already open for writing.')
        open += 1
        return {
          async close() {
            open -= 1
          },
        }
      },
    },
  }
  const broken = new VigiaError('storage_failed', 'The database could not be read.')
  const options = {
    store,
    clock: createFakeClock(),
    engines: () => ({}),
    listens: true,
    resumed: null,
    tellVoices: () => Promise.reject(broken),
  } as unknown as OpenActiveOptions
  const attempt = () => openActive({ id: 's' } as never, { mode: 'assistant' } as never, { free() {} } as never, options)
  await expect(attempt()).rejects.toBe(broken)
  expect(open).toBe(0)
  await expect(attempt()).rejects.toBe(broken)
})
