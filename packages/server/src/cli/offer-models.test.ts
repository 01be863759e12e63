import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConfigInput, ConfigSchema } from '../config/schema.ts'
import { modelsOfProfile } from '../engines/profiles.ts'
import { hubSettings } from '../models/hub-settings.ts'
import { ModelEntry } from '../models/manifest.ts'
import { ModelStore } from '../models/store.ts'
import { type FakeHub, startFakeHub } from '../models/testing/fake-hub.ts'
import { offerModels } from './offer-models.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const IDS = modelsOfProfile('cpu')
const REV = 'b'.repeat(40)

let dir: string
let hub: FakeHub
let models: ModelStore
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-offer-'))
  const bytes = Object.fromEntries(IDS.map((id) => [id, Buffer.from(`the model ${id}`)]))
  hub = await startFakeHub(Object.fromEntries(IDS.map((id) => [`/casa/${id}/resolve/${REV}/m.onnx`, bytes[id]!])), sha256)
  const catalogue = IDS.map((id) =>
    ModelEntry.parse({
      id,
      title: id,
      role: 'asr',
      family: 'test',
      languages: 'any',
      license: { name: 'own', commercial: true },
      source: { kind: 'hf', repo: `casa/${id}`, revision: REV },
      files: [{ path: 'm.onnx', bytes: bytes[id]!.length, sha256: sha256(bytes[id]!) }],
      parts: { model: 'm.onnx' },
      ramMb: 1,
    }),
  )
  models = new ModelStore(path.join(dir, 'models'), catalogue)
})
afterEach(async () => {
  await hub[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

async function offer(config: ConfigInput, endpoint = hub.url) {
  const said: string[] = []
  let reloads = 0
  const engineSet = {
    current: () => ({}) as never,
    reload: async () => Boolean(++reloads),
    [Symbol.asyncDispose]: async () => {},
  }
  await offerModels(
    { config: ConfigSchema.parse({ profile: 'cpu', ...config }), models, engineSet },
    {
      say: (line) => void said.push(line),
      log: pino({ level: 'silent' }),
      signal: new AbortController().signal,
      hub: { ...hubSettings({ HF_HOME: path.join(dir, 'hf') }), hfEndpoint: endpoint },
      download: { retryBaseMs: 1, maxFailures: 2 },
    },
  )
  const states = await Promise.all((await models.entries()).map((entry) => models.status(entry)))
  return { said, reloads, installed: states.filter((status) => status === 'installed').length }
}

describe('the offer at the start', () => {
  it('says in one line what is missing and the command that brings it', async () => {
    const { said, installed } = await offer({})
    expect(said).toEqual([expect.stringMatching(new RegExp(`${IDS.length} more models.*models pull cpu`))])
    expect(installed).toBe(0)
  })

  it('fetches meanwhile when told to, and new engines are looked for after each model', async () => {
    const { said, reloads, installed } = await offer({ models: { fetch: 'auto' } })
    expect(said).toHaveLength(1)
    expect(installed).toBe(IDS.length)
    expect(reloads).toBe(IDS.length)
    expect((await offer({})).said).toEqual([])
  })

  it('says in one line that the hub cannot be reached', async () => {
    const { said, installed } = await offer({ models: { fetch: 'auto' } }, 'http://127.0.0.1:9')
    expect(said).toEqual([expect.stringContaining('cannot be reached')])
    expect(installed).toBe(0)
  })

  it('says nothing when told so', async () => {
    expect((await offer({ models: { fetch: 'never' } })).said).toEqual([])
  })
})
