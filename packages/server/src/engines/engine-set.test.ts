import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../test/helpers/signals.ts'
import { ConfigSchema } from '../config/schema.ts'
import { ModelEntry } from '../models/manifest.ts'
import { ModelStore } from '../models/store.ts'
import { toneCtcModel } from './adapters/sherpa/testing/onnx-writer.ts'
import type { Asr } from './asr.ts'
import { EnginePool, ramOnly } from './engine-pool.ts'
import { openEngineSet } from './engine-set.ts'

/** A generated model in the place of the profile's recognizer: it hears a low tone as "grave". */
const ENTRY = ModelEntry.parse({
  id: 'parakeet-tdt-0.6b-v3-int8',
  title: 'Generated',
  role: 'asr',
  family: 'nemo_ctc',
  languages: ['es'],
  license: { name: 'CC-BY-4.0', attribution: 'Tones by the tests', commercial: true },
  source: { kind: 'url', base: 'https://example.invalid/' },
  files: [{ path: 'model.onnx', bytes: null, sha256: null }],
  parts: { model: 'model.onnx', tokens: 'tokens.txt' },
  ramMb: 20,
})

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-set-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function install(store: ModelStore, onnx: Uint8Array): Promise<void> {
  const folder = store.partialOf(ENTRY.id)
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'model.onnx'), onnx)
  await writeFile(path.join(folder, 'tokens.txt'), '▁grave 0\n▁agudo 1\n<blk> 2\n')
  await store.install({ id: ENTRY.id, revision: '', installedAt: '', accepted: false, files: [] }, folder)
}

const SPEECH = concatSamples([new Int16Array(4800), tone(300, 16_000, 400), new Int16Array(4800)])
async function textOf(asr: Asr): Promise<string> {
  async function* audio() {
    yield { samples: SPEECH.slice(), startMs: 0 }
  }
  const events = await Array.fromAsync(
    asr.transcribe(audio(), { language: 'es', purpose: 'final' }, new AbortController().signal),
  )
  return events
    .filter(({ type }) => type === 'final')
    .map(({ text }) => text)
    .join(' ')
}

describe('an engine set', () => {
  const config = ConfigSchema.parse({ profile: 'cpu' })
  const metadata = { vocab_size: '2', subsampling_factor: '1', normalize_type: 'NA' }

  it('takes a model that arrives into use for the next session; a running one keeps its engine', async () => {
    const models = new ModelStore(path.join(dir, 'models'), [ENTRY])
    await using pool = new EnginePool(ramOnly())
    const changes: string[] = []
    await using set = await openEngineSet(config, {
      models,
      pool,
      watchMs: 0,
      onChange: (engines) => void changes.push(engines.finalAsr.id),
    })
    const before = set.current()
    expect(before.finalAsr.id).toBe('tiny-es')
    expect(await set.reload()).toBe(false)
    await install(models, toneCtcModel(metadata))
    expect(await set.reload()).toBe(true)
    expect(changes).toEqual(['sherpa'])
    expect(await textOf(set.current().finalAsr)).toBe('grave')
    expect(set.current().info().asr_final!.note).toContain('Tones by the tests')
    expect(set.current().liveAsr.capabilities.interim).toBe(true)
    expect(set.current().vad).toBe(before.vad)
    // The session that began before still has its recognizer.
    expect(await textOf(before.finalAsr)).not.toContain('grave')
    await models.remove(ENTRY.id)
    expect(await set.reload()).toBe(true)
    expect(set.current().finalAsr.id).toBe('tiny-es')
  })

  it('serves on what opens when a model is broken, and says what is wrong', async () => {
    const models = new ModelStore(path.join(dir, 'models'), [ENTRY])
    await install(models, toneCtcModel(metadata).subarray(0, 300))
    await using pool = new EnginePool(ramOnly())
    await using set = await openEngineSet(config, { models, pool, watchMs: 0 })
    expect(set.current().finalAsr.id).toBe('tiny-es')
    expect(set.current().info().asr_final!.note).toMatch(/sherpa: .*no whole ONNX model/)
  })

  it('never shows the key of a service where engines are named', async () => {
    const named: string[] = []
    await using pool = new EnginePool({ ...ramOnly(), onEvent: ({ id }) => void named.push(id) })
    const engine = { id: 'x', model: 'x', judge: () => Promise.resolve(1), [Symbol.asyncDispose]: () => Promise.resolve() }
    const order = {
      kind: 'judge' as const,
      name: 'judge openai',
      needs: { full: { ramMb: 0, vramMb: 0 } },
      open: () => Promise.resolve(engine),
    }
    await pool.take({ ...order, key: '["judge",{"apiKey":"sk-secreto"}]' })
    await pool.take({ ...order, key: '["judge",{"apiKey":"sk-otro"}]' })
    expect(new Set(named).size).toBe(2)
    expect(named.join()).toMatch(/^judge openai #\w{6},judge openai #\w{6}$/)
  })
})
