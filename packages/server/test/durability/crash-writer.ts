import { createHash } from 'node:crypto'
import { mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { claimDirectory } from '../../src/store/sqlite/encryption/marker.ts'
import { databaseKey } from '../../src/store/sqlite/encryption/master-key.ts'
import { nodeFiles } from '../../src/store/sqlite/files.ts'
import { openSqlClient } from '../../src/store/sqlite/sql/client.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { streamBytes } from '../helpers/stream-bytes.ts'
import { testKey } from '../helpers/test-key.ts'

/**
 * A short life of a store, to be traced: three sessions with gaps, photos, a takeover, an end, an erasure. Each promise is printed
 * when it is made: `ack SESSION BYTES`, `photo ID SHA256`, `ended SESSION`, `erased SESSION`, `epoch SESSION N`.
 */

const print = (line: string): void => void writeSync(1, `${line}\n`)
const rounds = Number(process.argv[3] ?? 12)
const dataDir = process.argv[2]!
mkdirSync(dataDir)
// a checkpoint every few commits: the places where the log goes over into the database are looked at too
if (testKey) await claimDirectory(nodeFiles, dataDir, testKey)
const key = testKey && databaseKey(testKey)
const client = await openSqlClient({ databasePath: join(dataDir, 'vigia.db'), lockPath: join(dataDir, 'lock.db'), key })
await client.script('PRAGMA wal_autocheckpoint = 30')
const store = await openSqliteStore({ dataDir, client, flushMs: 2, segmentBytes: 6000, journalFrom: 2, key: testKey })
await store.recover()
const session = { owner: null, language: 'es', mode: 'transcribe', config: {}, tokenHash: 'x', tier: 'full' as const }
const ids = ['s0', 's1', 's2']
for (const id of ids) {
  await store.sessions.create({ ...session, id, format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 } })
  print(`ack ${id} 0`)
}
const logs = await Promise.all(ids.map((id) => store.audio.open(id)))
for (const [stream, log] of logs.entries()) log.onDurable = (bytes) => print(`ack s${stream} ${bytes}`)
for (let round = 0; round < rounds; round++) {
  for (const [stream, log] of logs.entries()) {
    if (stream === 2 && round > rounds / 2) continue
    if (round % 4 === 3) log.gap({ ms: 20, reason: 'network', gapId: `g${log.appendedBytes}` })
    log.append(streamBytes(stream, log.appendedBytes, 400 + ((round * 379 + stream * 97) % 900)))
  }
  await Promise.all(logs.slice(0, round > rounds / 2 ? 2 : 3).map((log) => log.flush()))
  if (round % 5 === 2) {
    const image = streamBytes(9, round, 700)
    const at = '2026-01-01T00:00:00.000Z'
    const row = { sessionId: 's0', owner: null, capturedAt: at, receivedAt: at, atMs: 0, mime: 'image/jpeg', bytes: 700 }
    await store.frames.put({ ...row, id: `f${round}`, dhash: null, observation: null }, image)
    print(`photo f${round} ${createHash('sha256').update(image).digest('hex')}`)
  }
  if (round === 4 && (await store.sessions.takeOver('s1', 1, 'y'))) print('epoch s1 2')
  if (round === Math.floor(rounds / 2) + 1) {
    print('erasing s2')
    await store.sessions.erase('s2')
    print('erased s2')
  }
}
await logs[0]!.close()
await store.sessions.end('s0', { truncated: false, endedAt: '2026-01-01T00:00:00.000Z', job: 'finalize' })
print('ended s0')
await store[Symbol.asyncDispose]()
