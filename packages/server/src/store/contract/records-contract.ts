import { beforeEach, describe, expect, it } from 'vitest'
import { newSession, report } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** What hangs on a session by number or key: events, the report, documents. */
export function recordsContract(subject: ContractSubject): void {
  describe('events, reports, documents', () => {
    beforeEach(async () => void (await subject.store.sessions.create(newSession({ id: 'a' }))))

    it('numbers events from 1 without holes, also when many write at once', async () => {
      const groups = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          subject.store.events.append('a', [
            { atMs: index, type: 'x', data: { index } },
            { atMs: index, type: 'y', data: null },
          ]),
        ),
      )
      const seqs = groups.flat().map(({ seq }) => seq)
      expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
      await subject.reopen()
      expect((await subject.store.events.list('a', 38, 10)).map(({ seq }) => seq)).toEqual([39, 40])
      expect(await subject.store.events.list('a', 0, 3)).toHaveLength(3)
      await expect(subject.store.events.append('b', [{ atMs: 0, type: 'x', data: 1 }])).rejects.toMatchObject({
        code: 'session_not_found',
      })
    })

    it('keeps the newest report', async () => {
      expect(await subject.store.reports.get('a')).toBeNull()
      await subject.store.reports.put('a', report('a', 1))
      await subject.store.reports.put('a', report('a', 2))
      expect(await subject.store.reports.get('a')).toEqual(report('a', 2))
      expect(await subject.store.sessions.counts('a')).toMatchObject({ tasks: 2, hasReport: true })
      await expect(subject.store.reports.put('b', report('b', 1))).rejects.toMatchObject({ code: 'session_not_found' })
    })

    it('keeps documents by key', async () => {
      await subject.store.documents.put('a', 'stage/asr', { done: true })
      await subject.store.documents.put('a', 'stage/asr', { done: false })
      await subject.store.documents.put('a', 'stage_x', 1)
      await subject.store.documents.put('', 'settings/theme', 'dark')
      expect(await subject.store.documents.get('a', 'stage/asr')).toEqual({ done: false })
      expect(await subject.store.documents.list('a', 'stage/')).toEqual([{ key: 'stage/asr', value: { done: false } }])
      await subject.store.documents.delete('a', 'stage/asr')
      expect(await subject.store.documents.get('a', 'stage/asr')).toBeNull()
      expect(await subject.store.documents.get('', 'settings/theme')).toBe('dark')
      await expect(subject.store.documents.put('b', 'k', 1)).rejects.toMatchObject({ code: 'session_not_found' })
    })
  })
}
