import { beforeEach, describe, expect, it } from 'vitest'
import { newSession } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** Jobs: one claimant at a time, until the lease lapses or the job is done. */
export function jobsContract(subject: ContractSubject): void {
  describe('jobs', () => {
    beforeEach(async () => void (await subject.store.sessions.create(newSession({ id: 'a' }))))

    it('gives each job to one claimant, oldest first', async () => {
      const ids = [
        await subject.store.jobs.add('x', 'a', { n: 1 }),
        await subject.store.jobs.add('x', 'a'),
        await subject.store.jobs.add('y', 'a'),
      ]
      const claims = await Promise.all(Array.from({ length: 4 }, () => subject.store.jobs.claim(['x'], 60_000)))
      expect(claims.map((job) => job?.id)).toEqual([ids[0], ids[1], undefined, undefined])
      expect(claims[0]).toEqual({ id: ids[0], kind: 'x', sessionId: 'a', payload: { n: 1 }, attempts: 1 })
      await subject.store.jobs.done(ids[0]!)
      expect(await subject.store.jobs.count(['x', 'y'])).toBe(2)
    })

    it('gives no job before its time', async () => {
      await subject.store.jobs.add('x', 'a', {}, 60_000)
      const due = await subject.store.jobs.add('x', 'a', {}, -1)
      expect(await subject.store.jobs.claim(['x'], 60_000)).toMatchObject({ id: due })
      expect(await subject.store.jobs.claim(['x'], 60_000)).toBeNull()
    })

    it('frees a job whose lease lapsed or that failed, and not one that failed for good', async () => {
      const id = await subject.store.jobs.add('x', 'a')
      await subject.store.jobs.claim(['x'], -1)
      expect(await subject.store.jobs.claim(['x'], 60_000)).toMatchObject({ id, attempts: 2 })
      await subject.store.jobs.fail(id, 'later', 60_000)
      expect(await subject.store.jobs.claim(['x'], 60_000)).toBeNull()
      await subject.store.jobs.fail(id, 'now', 0)
      expect(await subject.store.jobs.claim(['x'], 60_000)).toMatchObject({ id, attempts: 3 })
      await subject.store.jobs.fail(id, 'never', null)
      expect(await subject.store.jobs.claim(['x'], 60_000)).toBeNull()
      expect(await subject.store.jobs.count(['x'])).toBe(0)
    })
  })
}
