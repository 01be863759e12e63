import { afterEach, expect, it } from 'vitest'
import { newSession } from '../contract/store-contract.ts'
import type { Redaction, Store } from '../store.ts'
import { FaultFs } from './testing/fault-fs.ts'
import { openHarness, type SqliteHarness, TEST_KEY } from './testing/harness.ts'

/** One sound takes the place of another, on a disk that fails at any call and then loses power. */

const OLD = Buffer.alloc(200_000, 0x5a)
const NEW = Buffer.alloc(150_000, 0x21)

let harness: SqliteHarness
afterEach(() => harness.close())

async function* newSound(): AsyncGenerator<Uint8Array> {
  yield NEW.subarray(0, 80_000)
  yield NEW.subarray(80_000)
}

const textOnly: Redaction = { spans: [{ startMs: 1000, endMs: 2000 }], frames: [], sound: null }
const withSound = (): Redaction => ({
  ...textOnly,
  sound: { pcm: newSound(), gaps: [{ atByte: 1000, ms: 250, reason: 'camera' }] },
})

async function fill(store: Store): Promise<void> {
  await store.sessions.create(newSession({ id: 'a' }))
  const log = await store.audio.open('a')
  for (let at = 0; at < OLD.length; at += 50_000) log.append(OLD.subarray(at, at + 50_000))
  await log.close()
  const segment = (id: string, start: number, end: number) => ({ id, start, end, text: id, rev: 0, pass: 'live' as const })
  await store.segments.upsert('a', [
    segment('before', 0, 1),
    segment('into', 0.5, 1.1),
    segment('in', 1.2, 1.8),
    segment('after', 2, 3),
  ])
  await store.sessions.update('a', { state: 'final' })
}

async function sound(store: Store): Promise<Buffer> {
  const records = await Array.fromAsync(store.audio.read('a'))
  expect(records.filter(({ kind }) => kind === 'damage')).toEqual([])
  return Buffer.concat(records.flatMap((record) => (record.kind === 'audio' ? [record.bytes] : [])))
}

async function holdsOld(disk: FaultFs, { files }: Store): Promise<string[]> {
  const held: string[] = []
  for (const path of disk.durablePaths()) {
    const content = await files.read(path, 0, (await files.size(path)) ?? 0)
    if (content.includes(OLD.subarray(0, 1000)) || disk.durableBytes(path)!.includes(OLD.subarray(0, 1000))) held.push(path)
  }
  return held
}

it.each([
  ['', null],
  [', encrypted', TEST_KEY],
])(
  'is whole, old or new, wherever the disk fails, and new when it is done again%s',
  async (_, key) => {
    let failures = 0
    for (let nth = 1; ; nth += 1) {
      const disk = new FaultFs()
      harness = await openHarness({ files: disk, flushMs: 2, journalFrom: 1, segmentBytes: 90_000, key })
      await fill(harness.store)
      const first = disk.calls
      let met = false
      disk.failWith = (call) => {
        if (call.nth !== first + nth) return null
        met = true
        return 'EIO'
      }
      const failed = await harness.store.sessions.redact('a', withSound()).then(
        () => false,
        () => true,
      )
      disk.failWith = () => null
      disk.crash()
      await harness.reopen()
      await harness.store.recover()
      const { store } = harness
      const left = await sound(store)
      expect(
        [OLD, NEW].some((whole) => whole.equals(left)),
        `after failure ${nth}`,
      ).toBe(true)

      if (failed) await store.sessions.redact('a', withSound())
      expect((await sound(store)).equals(NEW), `done again after failure ${nth}`).toBe(true)
      expect(await holdsOld(disk, store), `after failure ${nth}`).toEqual([])
      expect((await store.segments.list('a')).map(({ id }) => id)).toEqual(['before', 'after'])
      expect(await store.audio.gaps('a')).toEqual([{ atByte: 1000, ms: 250, reason: 'camera' }])
      expect(await store.sessions.get('a')).toMatchObject({
        receivedBytes: NEW.length,
        format: { encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
      })
      if (!met) break
      failures += Number(failed)
      await harness.close()
    }
    expect(failures).toBeGreaterThan(8)
  },
  60_000,
)

it('erases text alone where there is no sound', async () => {
  harness = await openHarness()
  await fill(harness.store)
  await harness.store.audio.eraseRecording('a')
  await harness.store.sessions.redact('a', textOnly)
  expect((await harness.store.segments.list('a')).map(({ id }) => id)).toEqual(['before', 'after'])
  await expect(harness.store.sessions.redact('none', textOnly)).rejects.toMatchObject({ code: 'session_not_found' })
})
