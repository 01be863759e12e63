import { describe, expect, it } from 'vitest'
import { newSession, segment } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** Sessions: made once, changed field by field, taken over by one, ended once. */
export function sessionsContract(subject: ContractSubject): void {
  describe('sessions', () => {
    it('gives back what was created, after a restart too', async () => {
      const created = await subject.store.sessions.create(
        newSession({ id: 'a', config: { language: 'es', client: { name: 'x' } } }),
      )
      expect(created).toMatchObject({ id: 'a', state: 'live', epoch: 1, receivedBytes: 0, truncated: false, speakerNames: {} })
      await subject.reopen()
      expect(await subject.store.sessions.get('a')).toEqual(created)
      expect(await subject.store.sessions.get('b')).toBeNull()
    })

    it('refuses a second session of the same id', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      await expect(subject.store.sessions.create(newSession({ id: 'a' }))).rejects.toMatchObject({ code: 'session_exists' })
    })

    it.each(['../x', '.', '', 'a/b', 'a..b', 'x'.repeat(129)])('refuses the id %j', async (id) => {
      await expect(subject.store.sessions.create(newSession({ id }))).rejects.toMatchObject({ code: 'invalid_session_id' })
    })

    it('changes only the fields of a patch', async () => {
      const before = await subject.store.sessions.create(newSession({ id: 'a' }))
      const patch = {
        title: 'Obra',
        truncated: true,
        speakerNames: { S1: 'Ana' },
        durationMs: 1234.5,
        consent: 'given' as const,
      }
      await subject.store.sessions.update('a', patch)
      expect(await subject.store.sessions.get('a')).toEqual({ ...before, ...patch })
      await subject.store.sessions.update('a', { title: null })
      expect((await subject.store.sessions.get('a'))?.title).toBeNull()
      await expect(subject.store.sessions.update('b', patch)).rejects.toMatchObject({ code: 'session_not_found' })
    })

    it('lets exactly one of many take a session over', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const tries = await Promise.all(['t1', 't2', 't3', 't4'].map((token) => subject.store.sessions.takeOver('a', 1, token)))
      expect(tries.filter(Boolean)).toHaveLength(1)
      expect(await subject.store.sessions.get('a')).toMatchObject({ epoch: 2, tokenHash: `t${tries.indexOf(true) + 1}` })
      expect(await subject.store.sessions.takeOver('a', 1, 'old')).toBe(false)
    })

    it('ends once: a repetition adds no second job', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const info = { truncated: true, endedAt: '2026-01-01T00:00:00.000Z', job: 'finalize' }
      await subject.store.sessions.end('a', info)
      await subject.store.sessions.end('a', { ...info, truncated: false })
      expect(await subject.store.sessions.get('a')).toMatchObject({ state: 'ending', truncated: true, endedAt: info.endedAt })
      expect(await subject.store.jobs.count(['finalize'])).toBe(1)
      await expect(subject.store.sessions.end('b', info)).rejects.toMatchObject({ code: 'session_not_found' })
    })

    it('lists by owner and state, newest first, with what they hold', async () => {
      for (const id of ['a', 'b', 'c']) await subject.store.sessions.create(newSession({ id, owner: id === 'c' ? 'k2' : 'k1' }))
      await subject.store.sessions.update('a', { state: 'final' })
      await subject.store.segments.upsert('a', [segment({ id: '1', speaker: 'S1' }), segment({ id: '2', speaker: 'S2' })])
      expect((await subject.store.sessions.list({ owner: 'k1' })).map(({ id }) => id)).toEqual(['b', 'a'])
      expect(await subject.store.sessions.list({ state: 'final' })).toMatchObject([
        { id: 'a', segments: 2, speakers: 2, frames: 0 },
      ])
      expect(await subject.store.sessions.list({ limit: 1 })).toHaveLength(1)
      expect(await subject.store.sessions.list({ before: '2000-01-01T00:00:00.000Z' })).toEqual([])
    })
  })
}
