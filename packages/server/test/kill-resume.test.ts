import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { wordErrorRate } from '../src/analysis/metrics/wer.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { dialogueReference, fixturePcm } from './helpers/audio.ts'
import { LiveClient } from './helpers/live-client.ts'
import { type ServerProcess, spawnServer } from './helpers/server-process.ts'

const KILLS = 20

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-kill-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

it(`keeps every acknowledged byte over ${KILLS} kills at random moments, and the report is complete`, {
  timeout: 240_000,
}, async () => {
  const pcm = fixturePcm('es-dialogo')
  const slice = Math.floor(pcm.length / (KILLS + 1))
  let server: ServerProcess = await spawnServer(dataDir)
  let client = await LiveClient.connect(server.url)
  let ack = await client.open({ client: { name: 'kill test' } })
  const sessionId = ack.session_id
  let received = 0
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      expect(ack.received_bytes).toBeGreaterThanOrEqual(received)
      const sending = client.audio(pcm.subarray(ack.received_bytes, slice * (kill + 1) + 3), 1601, 1).catch(() => {})
      await sleep(20 + Math.random() * 400)
      await server.kill()
      await sending
      received = Math.max(ack.received_bytes, client.all('ack').at(-1)?.received_bytes ?? 0)
      client.drop()
      server = await spawnServer(dataDir)
      client = await LiveClient.connect(server.url)
      ack = await client.open({ session_id: sessionId, resume_token: ack.resume_token })
    }
    expect(ack.received_bytes).toBeGreaterThanOrEqual(received)
    await client.audio(pcm.subarray(ack.received_bytes))
    client.send({ type: 'end_of_stream' })
    const final = await client.next('final_result', 0, 60_000)
    const { report } = await client.next('analysis', 0, 60_000)
    const reference = dialogueReference()
      .turns.map((turn) => turn.text)
      .join(' ')
    expect(wordErrorRate(reference, final.text)).toBeLessThanOrEqual(0.0864 + 0.03)
    expect(report.transcript.length).toBeGreaterThanOrEqual(9)
    expect(report.action_items.length).toBeGreaterThan(0)
  } finally {
    client.drop()
    await server.kill()
  }
  await using store = await openSqliteStore({ dataDir })
  const stored: Uint8Array[] = []
  for await (const record of store.audio.read(sessionId)) {
    expect(record.kind).toBe('audio')
    if (record.kind === 'audio') stored.push(record.bytes)
  }
  expect(Buffer.compare(Buffer.concat(stored), pcm)).toBe(0)
})
