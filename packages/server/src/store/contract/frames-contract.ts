import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredFrame } from '../store.ts'
import { frame, JPEG, newSession, PNG } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** Photos, their renderings and what was seen on them. */
export function framesContract(subject: ContractSubject): void {
  describe('frames', () => {
    beforeEach(async () => void (await subject.store.sessions.create(newSession({ id: 'a' }))))

    it('keeps photo, renderings and observation', async () => {
      const stored = frame({ id: 'f1', sessionId: 'a', atMs: 10 })
      await subject.store.frames.put(stored, JPEG, { thumb: PNG })
      await subject.store.frames.put(frame({ id: 'f2', sessionId: null }), JPEG)
      await subject.reopen()
      expect(await subject.store.frames.get('f1')).toEqual(stored)
      const image = await subject.store.frames.image('f1')
      expect(image?.mime).toBe('image/jpeg')
      expect(image?.bytes).toEqual(JPEG)
      const thumb = await subject.store.frames.image('f1', 'thumb')
      expect([thumb?.mime, thumb?.bytes]).toEqual(['image/png', PNG])
      expect(await subject.store.frames.image('f1', '../f2/image')).toBeNull()
      await subject.store.frames.update('f1', { dhash: 'ff', atMs: 20 })
      expect(await subject.store.frames.list('a')).toEqual([{ ...stored, dhash: 'ff', atMs: 20 }])
    })

    it('refuses a second photo of an id, one of an unknown session, and paths', async () => {
      await subject.store.frames.put(frame({ id: 'f1', sessionId: 'a' }), JPEG)
      await expect(subject.store.frames.put(frame({ id: 'f1', sessionId: 'a' }), PNG)).rejects.toMatchObject({ code: 'conflict' })
      const twice = [JPEG, PNG].map((image) => subject.store.frames.put(frame({ id: 'both', sessionId: 'a' }), image))
      expect((await Promise.allSettled(twice)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
      expect((await subject.store.frames.image('both'))?.bytes).toEqual(Buffer.from(JPEG))
      expect((await subject.store.frames.image('f1'))?.bytes).toEqual(JPEG)
      const unknown = subject.store.frames.put(frame({ id: 'f2', sessionId: 'b' }), JPEG)
      await expect(unknown).rejects.toMatchObject({ code: 'session_not_found' })
      await expect(subject.store.frames.put(frame({ id: '../f3', sessionId: 'a' }), JPEG)).rejects.toMatchObject({
        code: 'invalid_request',
      })
      await expect(subject.store.frames.update('f9', { dhash: 'x' })).rejects.toMatchObject({ code: 'frame_not_found' })
    })

    it('lists what was stored and not described, oldest first', async () => {
      const described = (id: string, status: 'pending' | 'done', receivedAt: string) =>
        frame({ id, sessionId: 'a', receivedAt, observation: { frame_id: id, status } as StoredFrame['observation'] })
      await subject.store.frames.put(described('f1', 'pending', '2026-01-02T00:00:00.000Z'), JPEG)
      await subject.store.frames.put(described('f2', 'done', '2026-01-01T00:00:00.000Z'), JPEG)
      await subject.store.frames.put(described('f3', 'pending', '2026-01-01T00:00:00.000Z'), JPEG)
      await subject.store.frames.put(frame({ id: 'f4', sessionId: 'a', observation: null }), JPEG)
      await subject.reopen()
      expect((await subject.store.frames.pending(9)).map(({ id }) => id)).toEqual(['f3', 'f1'])
      expect(await subject.store.frames.pending(1)).toHaveLength(1)
      await subject.store.frames.update('f3', { observation: described('f3', 'done', '').observation })
      expect((await subject.store.frames.pending(9)).map(({ id }) => id)).toEqual(['f1'])
    })

    it('erases one for good', async () => {
      await subject.store.frames.put(frame({ id: 'f1', sessionId: 'a' }), JPEG)
      await subject.store.frames.erase('f1')
      await subject.store.frames.erase('f1')
      expect(await subject.store.frames.get('f1')).toBeNull()
      expect(await subject.store.frames.image('f1')).toBeNull()
    })
  })
}
