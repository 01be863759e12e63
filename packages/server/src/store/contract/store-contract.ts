import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Report } from '@vigia/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AudioRecord, NewSession, Store, StoredFrame, StoredSegment } from '../store.ts'

/** A store under test, and how to open it again on what it kept. */
export interface StoreHarness {
  store: Store
  /** Closes the store and opens a new one on the same data. */
  reopen(): Promise<Store>
  /** Closes and removes everything. */
  close(): Promise<void>
}

/** The promises of the store port, whatever stands behind it: an adapter's test is one call of this. */
export function storeContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`store contract: ${name}`, () => {
    let harness: StoreHarness
    let store: Store
    beforeEach(async () => {
      harness = await open()
      store = harness.store
    })
    afterEach(async () => await harness.close())
    const reopen = async (): Promise<Store> => {
      store = await harness.reopen()
      return store
    }

    describe('sessions', () => {
      it('gives back what was created, after a restart too', async () => {
        const created = await store.sessions.create(newSession({ id: 'a', config: { language: 'es', client: { name: 'x' } } }))
        expect(created).toMatchObject({ id: 'a', state: 'live', epoch: 1, receivedBytes: 0, truncated: false, speakerNames: {} })
        await reopen()
        expect(await store.sessions.get('a')).toEqual(created)
        expect(await store.sessions.get('b')).toBeNull()
      })

      it('refuses a second session of the same id', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        await expect(store.sessions.create(newSession({ id: 'a' }))).rejects.toMatchObject({ code: 'session_exists' })
      })

      it.each(['../x', '.', '', 'a/b', 'a..b', 'x'.repeat(129)])('refuses the id %j', async (id) => {
        await expect(store.sessions.create(newSession({ id }))).rejects.toMatchObject({ code: 'invalid_session_id' })
      })

      it('changes only the fields of a patch', async () => {
        const before = await store.sessions.create(newSession({ id: 'a' }))
        const patch = {
          title: 'Obra',
          truncated: true,
          speakerNames: { S1: 'Ana' },
          durationMs: 1234.5,
          consent: 'given' as const,
        }
        await store.sessions.update('a', patch)
        expect(await store.sessions.get('a')).toEqual({ ...before, ...patch })
        await store.sessions.update('a', { title: null })
        expect((await store.sessions.get('a'))?.title).toBeNull()
        await expect(store.sessions.update('b', patch)).rejects.toMatchObject({ code: 'session_not_found' })
      })

      it('lets exactly one of many take a session over', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const tries = await Promise.all(['t1', 't2', 't3', 't4'].map((token) => store.sessions.takeOver('a', 1, token)))
        expect(tries.filter(Boolean)).toHaveLength(1)
        expect(await store.sessions.get('a')).toMatchObject({ epoch: 2, tokenHash: `t${tries.indexOf(true) + 1}` })
        expect(await store.sessions.takeOver('a', 1, 'old')).toBe(false)
      })

      it('ends once: a repetition adds no second job', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const info = { truncated: true, endedAt: '2026-01-01T00:00:00.000Z', job: 'finalize' }
        await store.sessions.end('a', info)
        await store.sessions.end('a', { ...info, truncated: false })
        expect(await store.sessions.get('a')).toMatchObject({ state: 'ending', truncated: true, endedAt: info.endedAt })
        expect(await store.jobs.count(['finalize'])).toBe(1)
        await expect(store.sessions.end('b', info)).rejects.toMatchObject({ code: 'session_not_found' })
      })

      it('lists by owner and state, newest first, with what they hold', async () => {
        for (const id of ['a', 'b', 'c']) await store.sessions.create(newSession({ id, owner: id === 'c' ? 'k2' : 'k1' }))
        await store.sessions.update('a', { state: 'final' })
        await store.segments.upsert('a', [segment({ id: '1', speaker: 'S1' }), segment({ id: '2', speaker: 'S2' })])
        expect((await store.sessions.list({ owner: 'k1' })).map(({ id }) => id)).toEqual(['b', 'a'])
        expect(await store.sessions.list({ state: 'final' })).toMatchObject([{ id: 'a', segments: 2, speakers: 2, frames: 0 }])
        expect(await store.sessions.list({ limit: 1 })).toHaveLength(1)
        expect(await store.sessions.list({ before: '2000-01-01T00:00:00.000Z' })).toEqual([])
      })
    })

    describe('audio', () => {
      it('gives back every byte after a restart, whatever the pieces were', async () => {
        const sent = bytesOf(300_000, 7)
        await store.sessions.create(newSession({ id: 'a' }))
        const log = await store.audio.open('a')
        for (let at = 0; at < sent.length; at += 7_777) log.append(sent.subarray(at, at + 7_777))
        await log.close()
        await reopen()
        expect(joined(await records(store, 'a'))).toEqual(sent)
        expect((await store.sessions.get('a'))?.receivedBytes).toBe(sent.length)
        expect(joined(await records(store, 'a', 123_456))).toEqual(sent.subarray(123_456))
      })

      it('copies what it takes: the caller may reuse its buffer at once', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const log = await store.audio.open('a')
        const buffer = Buffer.from([1, 2, 3, 4])
        log.append(buffer)
        buffer.fill(0)
        await log.flush()
        expect(joined(await records(store, 'a'))).toEqual(Buffer.from([1, 2, 3, 4]))
      })

      it('counts handed-over, waiting and durable bytes', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const log = await store.audio.open('a')
        const seen: number[] = []
        log.onDurable = (bytes) => seen.push(bytes)
        log.append(bytesOf(5000, 1))
        expect([log.appendedBytes, log.durableBytes, log.pendingBytes]).toEqual([5000, 0, 5000])
        await log.flush()
        expect([log.appendedBytes, log.durableBytes, log.pendingBytes]).toEqual([5000, 5000, 0])
        expect(seen).toEqual([5000])
      })

      it('goes on where it stopped', async () => {
        const sent = bytesOf(9000, 3)
        await store.sessions.create(newSession({ id: 'a' }))
        for (const [from, to] of [
          [0, 4000],
          [4000, 4001],
          [4001, 9000],
        ] as const) {
          const log = await store.audio.open('a')
          expect(log.durableBytes).toBe(from)
          log.append(sent.subarray(from, to))
          await log.close()
          if (to === 4001) await reopen()
        }
        expect(joined(await records(store, 'a'))).toEqual(sent)
      })

      it('keeps packets apart in opus, one record per append', async () => {
        await store.sessions.create(newSession({ id: 'a', format: { encoding: 'opus', sampleRate: 48000, channels: 1 } }))
        const packets = Array.from({ length: 400 }, (_, index) => bytesOf(1 + ((index * 37) % 200), index))
        const log = await store.audio.open('a')
        for (const packet of packets) log.append(packet)
        log.append(bytesOf(70_000, 5))
        await log.close()
        const audio = (await records(store, 'a')).filter((record) => record.kind === 'audio')
        expect(audio.map(({ bytes }) => Buffer.from(bytes))).toEqual([...packets, bytesOf(70_000, 5)])
        expect(audio.map(({ offset }) => offset)).toEqual(offsetsOf([...packets, bytesOf(70_000, 5)]))
      })

      it('puts gaps where they stand in the stream', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const log = await store.audio.open('a')
        log.gap({ ms: 100, reason: 'camera' })
        log.append(Buffer.from('ab'))
        log.gap({ ms: 250, reason: 'network', gapId: 'g1' })
        log.append(Buffer.from('cd'))
        log.gap({ ms: 50, reason: 'muted' })
        await log.close()
        const gaps = [
          { atByte: 0, ms: 100, reason: 'camera' },
          { atByte: 2, ms: 250, reason: 'network', gapId: 'g1' },
          { atByte: 4, ms: 50, reason: 'muted' },
        ]
        await reopen()
        expect(await store.audio.gaps('a')).toEqual(gaps)
        expect((await records(store, 'a')).map((one) => (one.kind === 'gap' ? one.gap.ms : one.kind))).toEqual([
          100,
          'audio',
          250,
          'audio',
          50,
        ])
      })

      it('counts a gap once that a client declares again', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const first = await store.audio.open('a')
        first.append(Buffer.from('ab'))
        expect(first.gap({ ms: 100, reason: 'other', gapId: 'g1' })).toBe(true)
        expect(first.gap({ ms: 100, reason: 'other', gapId: 'g1' })).toBe(false)
        expect(first.gap({ ms: 40, reason: 'muted' })).toBe(true)
        expect(first.gap({ ms: 40, reason: 'muted' })).toBe(true)
        await first.close()
        const resumed = await store.audio.open('a')
        const again = [
          { ms: 100, reason: 'other', gapId: 'g1' },
          { ms: 40, reason: 'muted' },
          { ms: 40, reason: 'muted' },
        ]
        expect(again.map((gap) => resumed.gap(gap))).toEqual([false, false, false])
        expect(resumed.gap({ ms: 40, reason: 'muted' })).toBe(true)
        await resumed.close()
        expect((await store.audio.gaps('a')).map(({ ms }) => ms)).toEqual([100, 40, 40, 40])
      })

      it('has one writer at a time', async () => {
        await store.sessions.create(newSession({ id: 'a' }))
        const log = await store.audio.open('a')
        await expect(store.audio.open('a')).rejects.toMatchObject({ code: 'conflict' })
        await log.close()
        expect(() => log.append(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'session_not_live' }))
        await (await store.audio.open('a')).close()
        await expect(store.audio.open('b')).rejects.toMatchObject({ code: 'session_not_found' })
      })

      it('commits many sessions at once', async () => {
        const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
        await Promise.all(ids.map((id) => store.sessions.create(newSession({ id }))))
        const logs = await Promise.all(ids.map((id) => store.audio.open(id)))
        for (const [index, log] of logs.entries()) log.append(bytesOf(3200, index))
        await Promise.all(logs.map((log) => log.flush()))
        for (const [index, id] of ids.entries()) expect(joined(await records(store, id))).toEqual(bytesOf(3200, index))
      })
    })

    describe('transcript', () => {
      beforeEach(async () => void (await store.sessions.create(newSession({ id: 'a' }))))

      it('replaces a segment only by one that is not older', async () => {
        await store.segments.upsert('a', [segment({ id: '1', text: 'uno', rev: 1 })])
        await store.segments.upsert('a', [
          segment({ id: '1', text: 'viejo', rev: 0 }),
          segment({ id: '2', start: 5, text: 'dos' }),
        ])
        expect((await store.segments.list('a')).map(({ text }) => text)).toEqual(['uno', 'dos'])
        await store.segments.upsert('a', [segment({ id: '1', text: 'nuevo', rev: 2 })])
        expect((await store.segments.list('a')).map(({ text }) => text)).toEqual(['nuevo', 'dos'])
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
        await store.segments.upsert('a', [full])
        expect(await store.segments.list('a')).toEqual([full])
      })

      it('shows the final pass where there is one, even when it is empty', async () => {
        await store.segments.upsert('a', [segment({ id: 'live', text: 'en vivo' })])
        await store.segments.replaceFinal('a', [
          segment({ id: 'f1', pass: 'final' }),
          segment({ id: 'f2', pass: 'final', start: 2 }),
        ])
        expect((await store.segments.list('a')).map(({ id }) => id)).toEqual(['f1', 'f2'])
        await store.segments.replaceFinal('a', [segment({ id: 'f3', pass: 'final' })])
        expect((await store.segments.list('a')).map(({ id }) => id)).toEqual(['f3'])
        await store.segments.replaceFinal('a', [])
        expect(await store.segments.list('a')).toEqual([])
        await expect(store.segments.replaceFinal('b', [])).rejects.toMatchObject({ code: 'session_not_found' })
      })

      it('finds words without their accents, and their beginnings', async () => {
        await store.segments.upsert('a', [
          segment({ id: '1', text: 'La canción de mañana' }),
          segment({ id: '2', text: 'otra cosa' }),
        ])
        expect(await store.search('CANCION', { limit: 10 })).toMatchObject([
          { sessionId: 'a', segmentId: '1', snippet: expect.stringContaining('\ue000canción\ue001') },
        ])
        expect(await store.search('mañ', { limit: 10 })).toHaveLength(1)
        expect(await store.search('cancion cosa', { limit: 10 })).toEqual([])
        expect(await store.search('canción', { limit: 10, owner: 'someone' })).toEqual([])
      })

      it('follows corrections and does not show what does not count', async () => {
        await store.segments.upsert('a', [
          segment({ id: '1', text: 'zapato' }),
          segment({ id: '2', text: 'zapato', excluded: 'unreliable' }),
        ])
        expect(await store.search('zapato', { limit: 10 })).toHaveLength(1)
        await store.segments.upsert('a', [segment({ id: '1', text: 'sombrero', rev: 1 })])
        expect(await store.search('zapato', { limit: 10 })).toEqual([])
        expect(await store.search('sombrero', { limit: 10 })).toHaveLength(1)
        await store.segments.replaceFinal('a', [segment({ id: 'f', pass: 'final', text: 'guante' })])
        expect(await store.search('sombrero', { limit: 10 })).toEqual([])
      })

      it.each(['"', 'a AND', '* NEAR(', "'; DROP TABLE sessions", '-', '', 'text:x', '😀'])(
        'takes %j as words',
        async (query) => {
          expect(await store.search(query, { limit: 10 })).toEqual([])
        },
      )
    })

    describe('events, reports, documents', () => {
      beforeEach(async () => void (await store.sessions.create(newSession({ id: 'a' }))))

      it('numbers events from 1 without holes, also when many write at once', async () => {
        const groups = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            store.events.append('a', [
              { atMs: index, type: 'x', data: { index } },
              { atMs: index, type: 'y', data: null },
            ]),
          ),
        )
        const seqs = groups.flat().map(({ seq }) => seq)
        expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
        await reopen()
        expect((await store.events.list('a', 38, 10)).map(({ seq }) => seq)).toEqual([39, 40])
        expect(await store.events.list('a', 0, 3)).toHaveLength(3)
        await expect(store.events.append('b', [{ atMs: 0, type: 'x', data: 1 }])).rejects.toMatchObject({
          code: 'session_not_found',
        })
      })

      it('keeps the newest report', async () => {
        expect(await store.reports.get('a')).toBeNull()
        await store.reports.put('a', report('a', 1))
        await store.reports.put('a', report('a', 2))
        expect(await store.reports.get('a')).toEqual(report('a', 2))
        expect(await store.sessions.counts('a')).toMatchObject({ tasks: 2, hasReport: true })
        await expect(store.reports.put('b', report('b', 1))).rejects.toMatchObject({ code: 'session_not_found' })
      })

      it('keeps documents by key', async () => {
        await store.documents.put('a', 'stage/asr', { done: true })
        await store.documents.put('a', 'stage/asr', { done: false })
        await store.documents.put('a', 'stage_x', 1)
        await store.documents.put('', 'settings/theme', 'dark')
        expect(await store.documents.get('a', 'stage/asr')).toEqual({ done: false })
        expect(await store.documents.list('a', 'stage/')).toEqual([{ key: 'stage/asr', value: { done: false } }])
        await store.documents.delete('a', 'stage/asr')
        expect(await store.documents.get('a', 'stage/asr')).toBeNull()
        expect(await store.documents.get('', 'settings/theme')).toBe('dark')
        await expect(store.documents.put('b', 'k', 1)).rejects.toMatchObject({ code: 'session_not_found' })
      })
    })

    describe('frames', () => {
      beforeEach(async () => void (await store.sessions.create(newSession({ id: 'a' }))))

      it('keeps photo, renderings and observation', async () => {
        const stored = frame({ id: 'f1', sessionId: 'a', atMs: 10 })
        await store.frames.put(stored, JPEG, { thumb: PNG })
        await store.frames.put(frame({ id: 'f2', sessionId: null }), JPEG)
        await reopen()
        expect(await store.frames.get('f1')).toEqual(stored)
        const image = await store.frames.image('f1')
        expect(image?.mime).toBe('image/jpeg')
        expect(await readFile(image!.path)).toEqual(JPEG)
        const thumb = await store.frames.image('f1', 'thumb')
        expect([thumb?.mime, await readFile(thumb!.path)]).toEqual(['image/png', PNG])
        expect(await store.frames.image('f1', '../f2/image')).toBeNull()
        await store.frames.update('f1', { dhash: 'ff', atMs: 20 })
        expect(await store.frames.list('a')).toEqual([{ ...stored, dhash: 'ff', atMs: 20 }])
      })

      it('refuses a second photo of an id, one of an unknown session, and paths', async () => {
        await store.frames.put(frame({ id: 'f1', sessionId: 'a' }), JPEG)
        await expect(store.frames.put(frame({ id: 'f1', sessionId: 'a' }), PNG)).rejects.toMatchObject({ code: 'conflict' })
        const twice = [JPEG, PNG].map((image) => store.frames.put(frame({ id: 'both', sessionId: 'a' }), image))
        expect((await Promise.allSettled(twice)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
        expect(await readFile((await store.frames.image('both'))!.path)).toEqual(Buffer.from(JPEG))
        expect(await readFile((await store.frames.image('f1'))!.path)).toEqual(JPEG)
        const unknown = store.frames.put(frame({ id: 'f2', sessionId: 'b' }), JPEG)
        await expect(unknown).rejects.toMatchObject({ code: 'session_not_found' })
        await expect(store.frames.put(frame({ id: '../f3', sessionId: 'a' }), JPEG)).rejects.toMatchObject({
          code: 'invalid_request',
        })
        await expect(store.frames.update('f9', { dhash: 'x' })).rejects.toMatchObject({ code: 'frame_not_found' })
      })

      it('lists what was stored and not described, oldest first', async () => {
        const described = (id: string, status: 'pending' | 'done', receivedAt: string) =>
          frame({ id, sessionId: 'a', receivedAt, observation: { frame_id: id, status } as StoredFrame['observation'] })
        await store.frames.put(described('f1', 'pending', '2026-01-02T00:00:00.000Z'), JPEG)
        await store.frames.put(described('f2', 'done', '2026-01-01T00:00:00.000Z'), JPEG)
        await store.frames.put(described('f3', 'pending', '2026-01-01T00:00:00.000Z'), JPEG)
        await store.frames.put(frame({ id: 'f4', sessionId: 'a', observation: null }), JPEG)
        await reopen()
        expect((await store.frames.pending(9)).map(({ id }) => id)).toEqual(['f3', 'f1'])
        expect(await store.frames.pending(1)).toHaveLength(1)
        await store.frames.update('f3', { observation: described('f3', 'done', '').observation })
        expect((await store.frames.pending(9)).map(({ id }) => id)).toEqual(['f1'])
      })

      it('erases one for good', async () => {
        await store.frames.put(frame({ id: 'f1', sessionId: 'a' }), JPEG)
        const { path } = (await store.frames.image('f1'))!
        await store.frames.erase('f1')
        await store.frames.erase('f1')
        expect(await store.frames.get('f1')).toBeNull()
        await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
      })
    })

    describe('jobs', () => {
      beforeEach(async () => void (await store.sessions.create(newSession({ id: 'a' }))))

      it('gives each job to one claimant, oldest first', async () => {
        const ids = [await store.jobs.add('x', 'a', { n: 1 }), await store.jobs.add('x', 'a'), await store.jobs.add('y', 'a')]
        const claims = await Promise.all(Array.from({ length: 4 }, () => store.jobs.claim(['x'], 60_000)))
        expect(claims.map((job) => job?.id)).toEqual([ids[0], ids[1], undefined, undefined])
        expect(claims[0]).toEqual({ id: ids[0], kind: 'x', sessionId: 'a', payload: { n: 1 }, attempts: 1 })
        await store.jobs.done(ids[0]!)
        expect(await store.jobs.count(['x', 'y'])).toBe(2)
      })

      it('frees a job whose lease lapsed or that failed, and not one that failed for good', async () => {
        const id = await store.jobs.add('x', 'a')
        await store.jobs.claim(['x'], -1)
        expect(await store.jobs.claim(['x'], 60_000)).toMatchObject({ id, attempts: 2 })
        await store.jobs.fail(id, 'later', 60_000)
        expect(await store.jobs.claim(['x'], 60_000)).toBeNull()
        await store.jobs.fail(id, 'now', 0)
        expect(await store.jobs.claim(['x'], 60_000)).toMatchObject({ id, attempts: 3 })
        await store.jobs.fail(id, 'never', null)
        expect(await store.jobs.claim(['x'], 60_000)).toBeNull()
        expect(await store.jobs.count(['x'])).toBe(0)
      })
    })

    describe('recovery and erasure', () => {
      it('gives back sessions that were open, detached, and frees their jobs', async () => {
        for (const id of ['live', 'ending', 'final']) await store.sessions.create(newSession({ id }))
        await store.sessions.update('final', { state: 'final' })
        await store.sessions.end('ending', { truncated: false, endedAt: '2026-01-01T00:00:00.000Z', job: 'finalize' })
        await store.jobs.claim(['finalize'], 3_600_000)
        await reopen()
        const recovered = await store.recover()
        expect(recovered.map(({ id, state }) => [id, state]).toSorted()).toEqual([
          ['ending', 'ending'],
          ['live', 'detached'],
        ])
        expect(recovered.find(({ id }) => id === 'live')?.detachedAt).not.toBeNull()
        expect(await store.jobs.claim(['finalize'], 1000)).toMatchObject({ sessionId: 'ending', attempts: 2 })
        expect(await store.recover()).toHaveLength(2)
      })

      it('erases a session and everything of it, and nothing else', async () => {
        for (const id of ['a', 'b']) {
          await store.sessions.create(newSession({ id }))
          await store.segments.upsert(id, [segment({ id: '1', text: 'palabra' })])
          await store.documents.put(id, 'k', 1)
          await store.events.append(id, [{ atMs: 0, type: 'x', data: 1 }])
          await store.reports.put(id, report(id, 1))
          await store.frames.put(frame({ id: `f-${id}`, sessionId: id }), JPEG)
          await store.jobs.add('x', id)
        }
        const log = await store.audio.open('a')
        log.append(bytesOf(1000, 1))
        await log.flush()
        await store.sessions.erase('a')
        await store.sessions.erase('a')
        expect(() => log.append(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'session_not_live' }))
        expect(await store.sessions.get('a')).toBeNull()
        expect(await store.frames.get('f-a')).toBeNull()
        expect(await store.documents.get('a', 'k')).toBeNull()
        expect((await store.search('palabra', { limit: 10 })).map(({ sessionId }) => sessionId)).toEqual(['b'])
        expect(await store.jobs.count(['x'])).toBe(1)
        expect(await store.sessions.counts('b')).toMatchObject({ segments: 1, frames: 1, hasReport: true })
        await store.sessions.create(newSession({ id: 'a' }))
        expect(await records(store, 'a')).toEqual([])
      })

      it('probes the disk', async () => await store.probe())
    })
  })
}

const JPEG = Buffer.from('ffd8ffe000104a46494600010101', 'hex')
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** A session as a client opens it. */
export function newSession(over: Partial<NewSession> = {}): NewSession {
  return {
    id: randomUUID(),
    owner: null,
    format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'hash',
    tier: 'full',
    ...over,
  }
}

/** Reproducible bytes that hold every value. */
export function bytesOf(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = (seed + 1) * 2654435761
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** All records of a session's audio. */
export async function records(store: Store, sessionId: string, from?: number): Promise<AudioRecord[]> {
  return await Array.fromAsync(store.audio.read(sessionId, from))
}

/** The audio of the records, which must join without holes. */
export function joined(all: readonly AudioRecord[]): Buffer {
  const audio = all.filter((record) => record.kind === 'audio')
  let at = audio[0]?.offset ?? 0
  for (const { offset, bytes } of audio) {
    expect(offset).toBe(at)
    at += bytes.length
  }
  return Buffer.concat(audio.map(({ bytes }) => bytes))
}

function offsetsOf(chunks: readonly Uint8Array[]): number[] {
  return chunks.map((_, index) => chunks.slice(0, index).reduce((sum, chunk) => sum + chunk.length, 0))
}

function segment(over: Partial<StoredSegment>): StoredSegment {
  return { id: '1', pass: 'live', start: 0, end: 1, text: 'texto', rev: 0, ...over }
}

function frame(over: Partial<StoredFrame>): StoredFrame {
  return {
    id: 'f',
    sessionId: null,
    owner: null,
    capturedAt: '2026-01-01T00:00:00.000Z',
    receivedAt: '2026-01-01T00:00:01.000Z',
    atMs: null,
    mime: 'image/jpeg',
    bytes: JPEG.length,
    dhash: null,
    observation: null,
    ...over,
  }
}

function report(id: string, tasks: number): Report {
  return { session_id: id, action_items: Array.from({ length: tasks }, (_, n) => ({ id: `t${n}` })) } as unknown as Report
}
