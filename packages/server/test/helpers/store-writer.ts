/**
 * A process to be killed: appends known bytes to three sessions and prints what was acknowledged, one line each:
 * `ack SESSION BYTES`, `event SESSION SEQ`.
 */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { streamBytes } from './stream-bytes.ts'

const SEGMENT_BYTES = 48 * 1024
const MAX_PENDING = 512 * 1024

const print = (line: string): void => void writeSync(1, `${line}\n`)

async function write(store: Store, stream: number): Promise<void> {
  const id = `s${stream}`
  const log = await store.audio.open(id)
  log.onDurable = (bytes) => print(`ack ${id} ${bytes}`)
  for (let round = 0; ; round++) {
    const offset = log.appendedBytes
    log.append(streamBytes(stream, offset, 1 + ((offset * 7919 + round) % 3000)))
    if (stream === 2 && round % 5 === 0) log.gap({ ms: 20, reason: 'network', gapId: `g${log.appendedBytes}` })
    if (round % 20 === 0) {
      const [event] = await store.events.append(id, [{ atMs: round, type: 'tick', data: { round } }])
      print(`event ${id} ${event?.seq}`)
    }
    if (log.pendingBytes > MAX_PENDING) await log.flush()
    await sleep(1)
  }
}

const store = await openSqliteStore({ dataDir: process.argv[2]!, flushMs: 3, segmentBytes: SEGMENT_BYTES })
await store.recover()
for (const stream of [0, 1, 2]) {
  const encoding = stream === 1 ? 'opus' : 'pcm16'
  const id = `s${stream}`
  if (await store.sessions.get(id)) continue
  const format = { encoding, sampleRate: 16000, channels: 1 }
  await store.sessions.create({
    id,
    owner: null,
    format,
    language: 'es',
    mode: 'transcribe',
    config: {},
    tokenHash: 'x',
    tier: 'full',
  })
}
print('ready')
await Promise.all([0, 1, 2].map((stream) => write(store, stream)))
