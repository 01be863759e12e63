import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredSegment } from '../store.ts'
import { newSession, segment } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** Segments and their search: newer replaces older, the final pass replaces the live one. */
export function transcriptContract(subject: ContractSubject): void {
  describe('transcript', () => {
    beforeEach(async () => void (await subject.store.sessions.create(newSession({ id: 'a' }))))

    it('replaces a segment only by one that is not older', async () => {
      await subject.store.segments.upsert('a', [segment({ id: '1', text: 'uno', rev: 1 })])
      await subject.store.segments.upsert('a', [
        segment({ id: '1', text: 'viejo', rev: 0 }),
        segment({ id: '2', start: 5, text: 'dos' }),
      ])
      expect((await subject.store.segments.list('a')).map(({ text }) => text)).toEqual(['uno', 'dos'])
      await subject.store.segments.upsert('a', [segment({ id: '1', text: 'nuevo', rev: 2 })])
      expect((await subject.store.segments.list('a')).map(({ text }) => text)).toEqual(['nuevo', 'dos'])
    })

    it('gives back every field', async () => {
      const full: StoredSegment = {
        ...segment({ id: '1', speaker: 'S1' }),
        words: [{ text: 'hola', start: 0, end: 0.5, confidence: 0.9 }],
        confidence: 0.8,
        language: 'es',
        overlap: true,
        excluded: 'unreliable',
        edited: true,
      }
      await subject.store.segments.upsert('a', [full])
      expect(await subject.store.segments.list('a')).toEqual([full])
    })

    it('shows the final pass where there is one, even when it is empty', async () => {
      await subject.store.segments.upsert('a', [segment({ id: 'live', text: 'en vivo' })])
      await subject.store.segments.replaceFinal('a', [
        segment({ id: 'f1', pass: 'final' }),
        segment({ id: 'f2', pass: 'final', start: 2 }),
      ])
      expect((await subject.store.segments.list('a')).map(({ id }) => id)).toEqual(['f1', 'f2'])
      await subject.store.segments.replaceFinal('a', [segment({ id: 'f3', pass: 'final' })])
      expect((await subject.store.segments.list('a')).map(({ id }) => id)).toEqual(['f3'])
      await subject.store.segments.replaceFinal('a', [])
      expect(await subject.store.segments.list('a')).toEqual([])
      await expect(subject.store.segments.replaceFinal('b', [])).rejects.toMatchObject({ code: 'session_not_found' })
    })

    it('finds words without their accents, and their beginnings', async () => {
      await subject.store.segments.upsert('a', [
        segment({ id: '1', text: 'La canción de mañana' }),
        segment({ id: '2', text: 'otra cosa' }),
      ])
      expect(await subject.store.search('CANCION', { limit: 10 })).toMatchObject([
        { sessionId: 'a', segmentId: '1', snippet: expect.stringContaining('\ue000canción\ue001') },
      ])
      expect(await subject.store.search('mañ', { limit: 10 })).toHaveLength(1)
      expect(await subject.store.search('cancion cosa', { limit: 10 })).toEqual([])
      expect(await subject.store.search('canción', { limit: 10, owner: 'someone' })).toEqual([])
    })

    it('follows corrections and does not show what does not count', async () => {
      await subject.store.segments.upsert('a', [
        segment({ id: '1', text: 'zapato' }),
        segment({ id: '2', text: 'zapato', excluded: 'unreliable' }),
      ])
      expect(await subject.store.search('zapato', { limit: 10 })).toHaveLength(1)
      await subject.store.segments.upsert('a', [segment({ id: '1', text: 'sombrero', rev: 1 })])
      expect(await subject.store.search('zapato', { limit: 10 })).toEqual([])
      expect(await subject.store.search('sombrero', { limit: 10 })).toHaveLength(1)
      await subject.store.segments.replaceFinal('a', [segment({ id: 'f', pass: 'final', text: 'guante' })])
      expect(await subject.store.search('sombrero', { limit: 10 })).toEqual([])
    })

    it.each(['"', 'a AND', '* NEAR(', "'; DROP TABLE sessions", '-', '', 'text:x', '😀'])('takes %j as words', async (query) => {
      expect(await subject.store.search(query, { limit: 10 })).toEqual([])
    })
  })
}
