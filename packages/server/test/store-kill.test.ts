import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { streamBytes } from './helpers/stream-bytes.ts'

const KILLS = 20
const MAX_ALIVE_MS = 250

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vigia-kill-'))
})
afterEach(async () => await rm(dataDir, { recursive: true, force: true }))

it(`loses no acknowledged byte and no acknowledged event in ${KILLS} kills at random moments, and repeats none`, async () => {
  const acked = new Map<string, number>()
  const events = new Map<string, number>()
  for (let kill = 0; kill < KILLS; kill++) {
    await writeUntilKilled(acked, events)
    for (const stream of [0, 1, 2]) verify(stream, acked.get(`s${stream}`) ?? 0, events.get(`s${stream}`) ?? 0)
  }
  for (const stream of [0, 1, 2]) expect(acked.get(`s${stream}`)).toBeGreaterThan(48 * 1024)
}, 120_000)

/** Starts the writer and kills it without warning; a line that was cut by the kill was not acknowledged. */
async function writeUntilKilled(acked: Map<string, number>, events: Map<string, number>): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'helpers/store-writer.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const ready = Promise.withResolvers<void>()
  child.once('exit', () => ready.reject(new Error('the writer ended by itself')))
  createInterface(child.stdout).on('line', (line) => {
    const [kind, id, value] = line.split(' ')
    if (kind === 'ready') ready.resolve()
    if (kind === 'ack') acked.set(id!, Number(value))
    if (kind === 'event') events.set(id!, Number(value))
  })
  await ready.promise
  await sleep(Math.random() * MAX_ALIVE_MS)
  child.kill('SIGKILL')
  await closed
}

/** Looks at files and rows with eyes of its own: nothing here knows the store's code. */
function verify(stream: number, ackedBytes: number, ackedEvents: number): void {
  const id = `s${stream}`
  const db = new DatabaseSync(join(dataDir, 'vigia.db'))
  const received = Number(db.prepare('SELECT received_bytes AS n FROM sessions WHERE id = ?').get(id)?.n)
  const lengths = db.prepare('SELECT no, length FROM audio_segments WHERE session_id = ? ORDER BY no').all(id)
  const seqs = db.prepare('SELECT seq FROM events WHERE session_id = ? ORDER BY seq').all(id)
  const gapIds = db.prepare('SELECT gap_id AS id, at_byte AS at FROM gaps WHERE session_id = ?').all(id)
  db.close()
  expect(received).toBeGreaterThanOrEqual(ackedBytes)
  expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index + 1))
  expect(seqs.length).toBeGreaterThanOrEqual(ackedEvents)
  expect(new Set(gapIds.map((gap) => gap.id)).size).toBe(gapIds.length)
  for (const gap of gapIds) expect(gap.id).toBe(`g${gap.at}`)
  const dir = readdirSync(join(dataDir, 'audio'))
    .map((group) => join(dataDir, 'audio', group, id))
    .find((path) => existsSync(path))
  const files = lengths.map(({ no, length }) =>
    readFileSync(join(dir!, `${String(no).padStart(6, '0')}.seg`)).subarray(0, Number(length)),
  )
  const audio = parse(Buffer.concat(files))
  expect(audio.length).toBe(received)
  expect(audio.equals(streamBytes(stream, 0, received))).toBe(true)
}

/** The payloads of audio blocks, which must follow on each other without a hole or a repetition. */
function parse(file: Buffer): Buffer {
  const payloads: Buffer[] = []
  let next = 0
  for (let at = 0; at < file.length; ) {
    expect(file.toString('latin1', at, at + 4)).toBe('VGA1')
    const length = file.readUInt32LE(at + 16)
    const payload = file.subarray(at + 24, at + 24 + length)
    expect(file.readUInt32LE(at + 20)).toBe(crc32(payload, crc32(file.subarray(at, at + 20))))
    expect(Number(file.readBigUInt64LE(at + 8))).toBe(next)
    if (file[at + 4] === 1) {
      payloads.push(payload)
      next += length
    }
    at += 24 + length
  }
  return Buffer.concat(payloads)
}
