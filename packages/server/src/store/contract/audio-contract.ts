import { describe, expect, it } from 'vitest'
import { bytesOf, joined, newSession, records } from './fixtures.ts'
import type { ContractSubject } from './subject.ts'

/** Audio: every byte and gap comes back where it stood, whatever the pieces were. */
export function audioContract(subject: ContractSubject): void {
  describe('audio', () => {
    it('gives back every byte after a restart, whatever the pieces were', async () => {
      const sent = bytesOf(300_000, 7)
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const log = await subject.store.audio.open('a')
      for (let at = 0; at < sent.length; at += 7_777) log.append(sent.subarray(at, at + 7_777))
      await log.close()
      await subject.reopen()
      expect(joined(await records(subject.store, 'a'))).toEqual(sent)
      expect((await subject.store.sessions.get('a'))?.receivedBytes).toBe(sent.length)
      expect(joined(await records(subject.store, 'a', 123_456))).toEqual(sent.subarray(123_456))
    })

    it('copies what it takes: the caller may reuse its buffer at once', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const log = await subject.store.audio.open('a')
      const buffer = Buffer.from([1, 2, 3, 4])
      log.append(buffer)
      buffer.fill(0)
      await log.flush()
      expect(joined(await records(subject.store, 'a'))).toEqual(Buffer.from([1, 2, 3, 4]))
    })

    it('counts handed-over, waiting and durable bytes', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const log = await subject.store.audio.open('a')
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
      await subject.store.sessions.create(newSession({ id: 'a' }))
      for (const [from, to] of [
        [0, 4000],
        [4000, 4001],
        [4001, 9000],
      ] as const) {
        const log = await subject.store.audio.open('a')
        expect(log.durableBytes).toBe(from)
        log.append(sent.subarray(from, to))
        await log.close()
        if (to === 4001) await subject.reopen()
      }
      expect(joined(await records(subject.store, 'a'))).toEqual(sent)
    })

    it('keeps packets apart in opus, one record per append', async () => {
      await subject.store.sessions.create(newSession({ id: 'a', format: { encoding: 'opus', sampleRate: 48000, channels: 1 } }))
      const packets = Array.from({ length: 400 }, (_, index) => bytesOf(1 + ((index * 37) % 200), index))
      const log = await subject.store.audio.open('a')
      for (const packet of packets) log.append(packet)
      log.append(bytesOf(70_000, 5))
      await log.close()
      const audio = (await records(subject.store, 'a')).filter((record) => record.kind === 'audio')
      expect(audio.map(({ bytes }) => Buffer.from(bytes))).toEqual([...packets, bytesOf(70_000, 5)])
      expect(audio.map(({ offset }) => offset)).toEqual(offsetsOf([...packets, bytesOf(70_000, 5)]))
    })

    it('puts gaps where they stand in the stream', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const log = await subject.store.audio.open('a')
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
      await subject.reopen()
      expect(await subject.store.audio.gaps('a')).toEqual(gaps)
      expect((await records(subject.store, 'a')).map((one) => (one.kind === 'gap' ? one.gap.ms : one.kind))).toEqual([
        100,
        'audio',
        250,
        'audio',
        50,
      ])
    })

    it('counts a gap once that a client declares again', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const first = await subject.store.audio.open('a')
      first.append(Buffer.from('ab'))
      expect(first.gap({ ms: 100, reason: 'other', gapId: 'g1' })).toBe(true)
      expect(first.gap({ ms: 100, reason: 'other', gapId: 'g1' })).toBe(false)
      expect(first.gap({ ms: 40, reason: 'muted' })).toBe(true)
      expect(first.gap({ ms: 40, reason: 'muted' })).toBe(true)
      await first.close()
      const resumed = await subject.store.audio.open('a')
      const again = [
        { ms: 100, reason: 'other', gapId: 'g1' },
        { ms: 40, reason: 'muted' },
        { ms: 40, reason: 'muted' },
      ]
      expect(again.map((gap) => resumed.gap(gap))).toEqual([false, false, false])
      expect(resumed.gap({ ms: 40, reason: 'muted' })).toBe(true)
      await resumed.close()
      expect((await subject.store.audio.gaps('a')).map(({ ms }) => ms)).toEqual([100, 40, 40, 40])
    })

    it('has one writer at a time', async () => {
      await subject.store.sessions.create(newSession({ id: 'a' }))
      const log = await subject.store.audio.open('a')
      await expect(subject.store.audio.open('a')).rejects.toMatchObject({ code: 'conflict' })
      await log.close()
      expect(() => log.append(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'session_not_live' }))
      await (await subject.store.audio.open('a')).close()
      await expect(subject.store.audio.open('b')).rejects.toMatchObject({ code: 'session_not_found' })
    })

    it('commits many sessions at once', async () => {
      const ids = Array.from({ length: 20 }, (_, index) => `s${index}`)
      await Promise.all(ids.map((id) => subject.store.sessions.create(newSession({ id }))))
      const logs = await Promise.all(ids.map((id) => subject.store.audio.open(id)))
      for (const [index, log] of logs.entries()) log.append(bytesOf(3200, index))
      await Promise.all(logs.map((log) => log.flush()))
      for (const [index, id] of ids.entries()) expect(joined(await records(subject.store, id))).toEqual(bytesOf(3200, index))
    })
  })
}

function offsetsOf(chunks: readonly Uint8Array[]): number[] {
  return chunks.map((_, index) => chunks.slice(0, index).reduce((sum, chunk) => sum + chunk.length, 0))
}
