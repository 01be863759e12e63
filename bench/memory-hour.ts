import { setTimeout as sleep } from 'node:timers/promises'
import { fixturePcm } from '../packages/server/test/helpers/audio.ts'
import { LiveClient } from '../packages/server/test/helpers/live-client.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'

/**
 * Memory of the gateway while one session with live text goes on: after a minute, ten, thirty and sixty minutes of
 * audio, sent as fast as it is heard. Run with `--expose-gc`, so that what is counted is what is held.
 */

const MARKS_MIN = [1, 10, 30, 60]
const PIECE_BYTES = 4 * 32_000
const MAX_KEPT_MESSAGES = 50

const { gc } = globalThis as { gc?: () => void }
if (!gc) throw new Error('run as: node --expose-gc bench/memory-hour.ts')

const server = await startTestServer()
const client = await LiveClient.connect(server.url)
await client.open()
const pcm = fixturePcm('es-dialogo')
const lagS = (): number => server.sessions.status()[0]!.lagSeconds
const mb = (bytes: number): string => (bytes / 1e6).toFixed(1)

let sentMin = 0
for (const mark of MARKS_MIN) {
  for (; sentMin < mark; sentMin += pcm.length / 32_000 / 60) {
    for (let at = 0; at < pcm.length; at += PIECE_BYTES) {
      await client.audio(pcm.subarray(at, at + PIECE_BYTES))
      do await sleep(15)
      while (lagS() > 0.5)
    }
    client.received.splice(0, Math.max(0, client.received.length - MAX_KEPT_MESSAGES))
  }
  await sleep(1500)
  gc()
  gc()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  console.log(`${mark} min of audio: heap ${mb(heapUsed)} MB, array buffers ${mb(arrayBuffers)} MB, process ${mb(rss)} MB`)
}
client.drop()
await server[Symbol.asyncDispose]()
