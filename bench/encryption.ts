import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../packages/server/src/store/sqlite/sqlite-store.ts'

/**
 * What encryption at rest costs a chunk of audio: `node bench/encryption.ts`. Stores with and without a key take turns, so that both
 * meet the same machine; the medians of all turns are compared.
 */

const TURNS = 7
const CHUNKS = 1500
/** 100 ms of 16 kHz PCM16. */
const CHUNK = Buffer.alloc(3200, 'vigia')
const CHUNKS_PER_FLUSH = 5

interface Cost {
  cpuUs: number
  ackMs: number
  readMs: number
}

async function measure(key: Buffer | null): Promise<Cost> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vigia-bench-encryption-'))
  try {
    await using store = await openSqliteStore({ dataDir, key, flushMs: 1 })
    const format = { encoding: 'pcm16', sampleRate: 16_000, channels: 1 }
    const session = { id: 's', owner: null, format, language: 'es', mode: 'transcribe', config: {}, tokenHash: '' }
    await store.sessions.create({ ...session, tier: 'full' })
    const log = await store.audio.open('s')
    const acks: number[] = []
    const before = process.cpuUsage()
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      log.append(CHUNK)
      if (chunk % CHUNKS_PER_FLUSH > 0) continue
      const begun = performance.now()
      await log.flush()
      acks.push(performance.now() - begun)
    }
    const { user, system } = process.cpuUsage(before)
    const begun = performance.now()
    let bytes = 0
    for await (const record of store.audio.read('s')) if (record.kind === 'audio') bytes += record.bytes.length
    if (bytes !== CHUNKS * CHUNK.length) throw new Error('not all of it came back')
    const readMs = performance.now() - begun
    await log.close()
    return { cpuUs: (user + system) / CHUNKS, ackMs: median(acks), readMs }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const costs: { plain: Cost[]; encrypted: Cost[] } = { plain: [], encrypted: [] }
const key = Buffer.alloc(32, 'bench')
await measure(null)
await measure(key)
for (let turn = 0; turn < TURNS; turn++) {
  costs.plain.push(await measure(null))
  costs.encrypted.push(await measure(key))
}
for (const name of ['cpuUs', 'ackMs', 'readMs'] as const) {
  const [plain, encrypted] = [costs.plain, costs.encrypted].map((all) => median(all.map((one) => one[name])))
  console.log(
    `${name}: plain ${plain!.toFixed(3)}, encrypted ${encrypted!.toFixed(3)}, ratio ${(encrypted! / plain!).toFixed(2)}`,
  )
}
