import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SherpaFamily } from '../src/engines/adapters/sherpa/model.ts'
import { type Recipe, toneRecipe, writeRecognizer } from '../src/engines/adapters/sherpa/testing/tone-recognizers.ts'
import { hubSettings } from '../src/models/hub-settings.ts'
import { ModelEntry } from '../src/models/manifest.ts'
import { pullModel } from '../src/models/pull.ts'
import { ModelStore } from '../src/models/store.ts'
import { startFakeHub } from '../src/models/testing/fake-hub.ts'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples, tone } from './helpers/signals.ts'
import { startTestServer } from './helpers/test-server.ts'
import { loudVad } from './helpers/tone-voices.ts'

/** Faults of model files and of what is asked of them, through the whole server: said once, and nobody else notices. */

const SILENCE = new Int16Array(24_000)
const SPEECH = concatSamples([SILENCE, tone(300, 16_000, 600), SILENCE, tone(5000, 16_000, 600), SILENCE])
const PCM = new Uint8Array(SPEECH.buffer, SPEECH.byteOffset, SPEECH.byteLength)

let modelsDir: string
beforeAll(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-model-faults-'))
})
afterAll(() => rm(modelsDir, { recursive: true, force: true }))

/** Puts a recognizer of the user's own into the model folder. */
async function addRecognizer(id: string, family: SherpaFamily, recipe: Recipe, languages: 'any' | string[]): Promise<void> {
  const folder = path.join(modelsDir, id)
  await writeRecognizer(folder, family, recipe)
  const parts = Object.fromEntries(Object.keys(recipe.files).map((part) => [part, `${part}.onnx`]))
  const license = { name: 'own', commercial: true }
  const entry = { id, title: id, role: 'asr', family, languages, license, parts: { ...parts, tokens: 'tokens.txt' }, ramMb: 10 }
  await writeFile(path.join(folder, 'model.json'), JSON.stringify(entry))
}

const startWith = (model: string) => {
  const asr = { adapter: 'sherpa', model }
  return startTestServer(
    { modelsDir, engines: { asr: { live: asr, final: asr } } },
    { wrapEngines: (engines) => ({ ...engines, vad: loudVad }) },
  )
}

async function session(url: string, language: string) {
  await using client = await LiveClient.connect(url)
  const ack = await client.open({ language, diarize: false })
  await client.audio(PCM, 3200, 5)
  client.send({ type: 'end_of_stream' })
  const { text } = await client.next('final_result', 0, 60_000)
  const { report } = await client.next('analysis', 0, 60_000)
  const errors = new Set(client.all('error').map(({ code }) => code))
  return { ack, text, errors: [...errors], warnings: report.analysis.warnings.map(({ code }) => code) }
}

describe('a session in a language that its recognizer lacks', () => {
  it('gets one clear error and its report; the session beside it is heard', async () => {
    await addRecognizer('two-languages', 'whisper', toneRecipe('whisper'), 'any')
    await using server = await startWith('two-languages')
    const [foreign, known] = await Promise.all([session(server.url, 'de'), session(server.url, 'es')])
    expect(foreign).toMatchObject({ text: '', errors: ['language_not_supported'] })
    expect(foreign.warnings).toContain('language_not_supported')
    expect(known).toMatchObject({ text: expect.stringMatching(/^grave\s+agudo$/), errors: [] })
    expect(await (await fetch(`${server.url}/metrics`)).text()).not.toMatch(/engine_restarts_total\{[^}]*two-languages/)
  }, 120_000)
})

describe('a recognizer that was named and is damaged', () => {
  const whole = toneRecipe('transducer')
  const cut = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1)
  it.each<[string, Recipe]>([
    ['cut off', { ...whole, files: { ...whole.files, joiner: cut(whole.files.joiner!) } }],
    ['without its metadata', toneRecipe('transducer', { model_type: '' })],
    ['empty', { ...whole, files: { ...whole.files, decoder: new Uint8Array(0) } }],
  ])(
    '%s stops the start with the file and what to do',
    async (what, recipe) => {
      const id = what.replaceAll(' ', '-')
      await addRecognizer(id, 'transducer', recipe, ['es'])
      await expect(startWith(id)).rejects.toMatchObject({
        code: 'model_invalid',
        message: expect.stringContaining(path.join(modelsDir, id)),
        hint: expect.stringMatching(/Fetch|Take|pull/),
      })
    },
    60_000,
  )
})

describe('a hub that serves other bytes than were promised', () => {
  it('leaves the running server as it was: nothing is installed, and its sessions go on', async () => {
    const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
    const bytes = toneRecipe('nemo_ctc').files.model!
    const revision = 'b'.repeat(40)
    await using hub = await startFakeHub({ [`/casa/oido/resolve/${revision}/model.onnx`]: bytes }, sha256)
    hub.plan = { corrupt: { times: 99 } }
    const entry = ModelEntry.parse({
      ...{ id: 'oido', title: 'Oído', role: 'asr', family: 'nemo_ctc', languages: ['es'], ramMb: 10 },
      license: { name: 'MIT', commercial: true },
      source: { kind: 'hf', repo: 'casa/oido', revision },
      files: [{ path: 'model.onnx', bytes: bytes.length, sha256: sha256(bytes) }],
      parts: { model: 'model.onnx' },
    })
    await addRecognizer('running', 'nemo_ctc', toneRecipe('nemo_ctc'), ['es'])
    await using server = await startWith('running')
    const store = new ModelStore(modelsDir, [entry])
    const settings = { ...hubSettings({ HF_HOME: path.join(modelsDir, '.hf') }), hfEndpoint: hub.url, githubEndpoint: hub.url }
    const pulling = pullModel(store, entry, { hub: settings, download: { retryBaseMs: 1, stallMs: 5000, maxFailures: 4 } })
    const [heard] = await Promise.all([
      session(server.url, 'es'),
      expect(pulling).rejects.toMatchObject({ code: 'model_invalid' }),
    ])
    expect(heard).toMatchObject({ text: expect.stringMatching(/^grave\s+agudo$/), errors: [] })
    expect(await store.status(entry)).not.toBe('installed')
    await expect(readFile(path.join(modelsDir, 'oido', 'model.onnx'))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await session(server.url, 'es')).ack.engines.asr_final).toMatchObject({ id: 'sherpa', model: 'running' })
  }, 120_000)
})
