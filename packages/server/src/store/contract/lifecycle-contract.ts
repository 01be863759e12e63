import { describe, expect, it } from 'vitest'
import { bytesOf, frame, JPEG, newSession, records, report, segment } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** What happens to a whole session from outside: found again after a stop, erased for good. */
export function lifecycleContract(subject: ContractSubject): void {
  describe('recovery and erasure', () => {
    it('gives back sessions that were open, detached, and frees their jobs', async () => {
      for (const id of ['live', 'ending', 'final']) await subject.store.sessions.create(newSession({ id }))
      await subject.store.sessions.update('final', { state: 'final' })
      await subject.store.sessions.end('ending', { truncated: false, endedAt: '2026-01-01T00:00:00.000Z', job: 'finalize' })
      await subject.store.jobs.claim(['finalize'], 3_600_000)
      await subject.reopen()
      const recovered = await subject.store.recover()
      expect(recovered.map(({ id, state }) => [id, state]).toSorted()).toEqual([
        ['ending', 'ending'],
        ['live', 'detached'],
      ])
      expect(recovered.find(({ id }) => id === 'live')?.detachedAt).not.toBeNull()
      expect(await subject.store.jobs.claim(['finalize'], 1000)).toMatchObject({ sessionId: 'ending', attempts: 2 })
      expect(await subject.store.recover()).toHaveLength(2)
    })

    it('erases a session and everything of it, and nothing else', async () => {
      for (const id of ['a', 'b']) {
        await subject.store.sessions.create(newSession({ id }))
        await subject.store.segments.upsert(id, [segment({ id: '1', text: 'palabra' })])
        await subject.store.documents.put(id, 'k', 1)
        await subject.store.events.append(id, [{ atMs: 0, type: 'x', data: 1 }])
        await subject.store.reports.put(id, report(id, 1))
        await subject.store.frames.put(frame({ id: `f-${id}`, sessionId: id }), JPEG)
        await subject.store.jobs.add('x', id)
      }
      const log = await subject.store.audio.open('a')
      log.append(bytesOf(1000, 1))
      await log.flush()
      await subject.store.sessions.erase('a')
      await subject.store.sessions.erase('a')
      expect(() => log.append(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'session_not_live' }))
      expect(await subject.store.sessions.get('a')).toBeNull()
      expect(await subject.store.frames.get('f-a')).toBeNull()
      expect(await subject.store.documents.get('a', 'k')).toBeNull()
      expect((await subject.store.search('palabra', { limit: 10 })).map(({ sessionId }) => sessionId)).toEqual(['b'])
      expect(await subject.store.jobs.count(['x'])).toBe(1)
      expect(await subject.store.sessions.counts('b')).toMatchObject({ segments: 1, frames: 1, hasReport: true })
      await subject.store.sessions.create(newSession({ id: 'a' }))
      expect(await records(subject.store, 'a')).toEqual([])
    })

    it('probes the disk', async () => await subject.store.probe())
  })
}
