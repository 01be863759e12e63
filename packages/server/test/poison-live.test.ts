import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { poisonableStreamingModel } from '../src/engines/adapters/sherpa/testing/ctc-models.ts'
import { toneRecipe, writeRecognizer } from '../src/engines/adapters/sherpa/testing/tone-recognizers.ts'
import { openSileroVad } from '../src/engines/adapters/silero/silero.ts'
import { poisonableVad } from '../src/engines/adapters/silero/testing/poisonable-vad.ts'
import type { EngineDeath } from '../src/engines/host/engine-process.ts'
import type { Vad } from '../src/engines/vad.ts'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples, tone } from './helpers/signals.ts'
import { startTestServer } from './helpers/test-server.ts'

/**
 * Audio that ends the live recognizer or the voice detector, through the whole server with real engine processes: it costs
 * two of them, its session is told and gets its text at the end, other sessions go on. The generated models trap on x64 only.
 */

const SILENCE = new Int16Array(24_000)
const said = (...tones: Int16Array[]): Int16Array => concatSamples(tones.flatMap((one) => [SILENCE, one]).concat([SILENCE]))
const LOW = tone(300, 16_000, 600)
const HIGH = tone(5000, 16_000, 600)
const POISON_OF_RECOGNIZER = tone(1500, 16_000, 600)
const POISON_OF_DETECTOR = tone(320, 16_000, 300, 0.97)

const bytesOf = (samples: Int16Array): Uint8Array => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)

describe.skipIf(process.arch !== 'x64')('a live session with poisonous audio', () => {
  let modelsDir: string
  let vad: Vad
  let server: Awaited<ReturnType<typeof startTestServer>>
  const vadDeaths: EngineDeath[] = []
  beforeAll(async () => {
    modelsDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-poison-live-'))
    await install('frail', { ...toneRecipe('nemo_ctc'), files: { model: poisonableStreamingModel() } })
    await install('sound', toneRecipe('nemo_ctc'))
    const modelPath = path.join(modelsDir, 'vad.onnx')
    await writeFile(modelPath, poisonableVad())
    vad = await openSileroVad({ modelPath, onDeath: (death) => vadDeaths.push(death) })
    const asr = { live: { adapter: 'sherpa-streaming', model: 'frail' }, final: { adapter: 'sherpa', model: 'sound' } }
    server = await startTestServer({ modelsDir, engines: { asr } }, { wrapEngines: (engines) => ({ ...engines, vad }) })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await vad[Symbol.asyncDispose]()
    await rm(modelsDir, { recursive: true, force: true })
  })

  async function install(id: string, recipe: ReturnType<typeof toneRecipe>): Promise<void> {
    await writeRecognizer(path.join(modelsDir, id), 'nemo_ctc', recipe)
    const entry = {
      ...{ id, title: id, role: 'asr', family: 'nemo_ctc', languages: ['es'], ramMb: 10 },
      license: { name: 'own', commercial: true },
      parts: { model: 'model.onnx', tokens: 'tokens.txt' },
    }
    await writeFile(path.join(modelsDir, id, 'model.json'), JSON.stringify(entry))
  }

  async function deathsOfRecognizer(): Promise<number> {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/engine_restarts_total\{[^}]*frail[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
  }

  /** Says it live. @returns live texts, codes of errors, and the words of the end */
  async function live(
    samples: Int16Array,
  ): Promise<{ live: string[]; errors: string[]; final: string[]; warnings: { code: string; count?: number | undefined }[] }> {
    await using client = await LiveClient.connect(server.url)
    await client.open({ diarize: false })
    await client.audio(bytesOf(samples), 3200, 5)
    client.send({ type: 'end_of_stream' })
    const { text } = await client.next('final_result', 0, 60_000)
    const { report } = await client.next('analysis', 0, 60_000)
    const liveTexts = client.all('segment').map((segment) => segment.text)
    return {
      live: liveTexts,
      errors: client.all('error').map(({ code }) => code),
      final: text.split(/\s+/),
      warnings: report.analysis.warnings,
    }
  }

  it('loses the live text of that utterance, and no one else does', async () => {
    const [hit, bystander] = await Promise.all([live(said(LOW, POISON_OF_RECOGNIZER, HIGH)), live(said(HIGH, LOW, HIGH, LOW))])
    expect(hit.errors).toContain('asr_failed')
    expect(hit.live).toEqual(expect.arrayContaining(['grave', 'agudo']))
    expect(hit.final).toEqual(['grave', 'grave', 'agudo'])
    expect(bystander.errors).toEqual([])
    expect(bystander.final).toEqual(['agudo', 'grave', 'agudo', 'grave'])
    expect(await deathsOfRecognizer()).toBe(2)
    expect((await live(said(LOW, HIGH))).errors).toEqual([])
  }, 120_000)

  it('that ends the voice detector is said, and the recognizer hears it in the end', async () => {
    const [hit, bystander] = await Promise.all([live(said(LOW, POISON_OF_DETECTOR, HIGH)), live(said(HIGH, LOW))])
    expect(hit.errors).toContain('vad_failed')
    expect(hit.final).toEqual(['grave', 'grave', 'agudo'])
    // its second and the next one: what is before and behind them was heard by the detector
    const refused = hit.warnings.find(({ code }) => code === 'vad_failed')
    expect(refused?.count).toBeGreaterThan(0)
    expect(refused?.count).toBeLessThanOrEqual(3)
    expect(bystander).toMatchObject({ errors: [], final: ['agudo', 'grave'] })
    expect(vadDeaths.some(({ quarantined }) => quarantined)).toBe(false)
    expect(vadDeaths).toHaveLength(2)
    expect((await live(said(LOW, HIGH))).errors).toEqual([])
  }, 120_000)
})
