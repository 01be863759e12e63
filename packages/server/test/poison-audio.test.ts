import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { poisonableCtcModel } from '../src/engines/adapters/sherpa/testing/ctc-models.ts'
import { toneRecipe, writeRecognizer } from '../src/engines/adapters/sherpa/testing/tone-recognizers.ts'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples, tone } from './helpers/signals.ts'
import { startTestServer } from './helpers/test-server.ts'
import { loudVad } from './helpers/tone-voices.ts'

/**
 * Audio that ends the recognizer's process each time it is decoded, through the whole server: it costs two processes, is
 * then refused, and costs nothing but itself. The generated model traps on x64 only.
 */

const SILENCE = new Int16Array(32_000)
const said = (...frequencies: number[]): Int16Array =>
  concatSamples(frequencies.flatMap((frequency) => [SILENCE, tone(frequency, 16_000, 600)]).concat([SILENCE]))
const LOW = 300
const HIGH = 5000
const POISON = 1500
const OTHER_POISON = 1550

interface Transcript {
  state: string
  texts: string[]
  warnings: string[]
}

describe.skipIf(process.arch !== 'x64')('a recording with poisonous audio', () => {
  let modelsDir: string
  let server: Awaited<ReturnType<typeof startTestServer>>
  beforeAll(async () => {
    modelsDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-poison-'))
    const folder = path.join(modelsDir, 'frail')
    const recipe = toneRecipe('nemo_ctc')
    await writeRecognizer(folder, 'nemo_ctc', { ...recipe, files: { model: poisonableCtcModel() } })
    const entry = {
      ...{ id: 'frail', title: 'frail', role: 'asr', family: 'nemo_ctc', languages: ['es'], ramMb: 10 },
      license: { name: 'own', commercial: true },
      parts: { model: 'model.onnx', tokens: 'tokens.txt' },
    }
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(entry))
    server = await startTestServer(
      {
        modelsDir,
        engines: { asr: { live: { adapter: 'sherpa', model: 'frail' }, final: { adapter: 'sherpa', model: 'frail' } } },
      },
      { wrapEngines: (engines) => ({ ...engines, vad: loudVad }) },
    )
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(modelsDir, { recursive: true, force: true })
  })

  const deaths = async (): Promise<number> => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/engine_restarts_total\{[^}]*frail[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
  }

  async function untilFinal(id: string): Promise<Transcript> {
    for (let tries = 0; tries < 600; tries += 1) {
      const { state } = (await (await fetch(`${server.url}/sessions/${id}`)).json()) as { state: string }
      if (state === 'final' || state === 'failed') {
        const report = (await (await fetch(`${server.url}/sessions/${id}/report`)).json()) as {
          transcript: { text: string }[]
          analysis: { warnings: { code: string }[] }
        }
        const { transcript, analysis } = report
        return { state, texts: transcript.map(({ text }) => text), warnings: analysis.warnings.map(({ code }) => code) }
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('the recording was not finished')
  }

  async function upload(samples: Int16Array): Promise<string> {
    const answer = await fetch(`${server.url}/sessions?encoding=pcm16&diarize=false`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) as BodyInit,
    })
    return ((await answer.json()) as { session_id: string }).session_id
  }

  it('costs exactly two processes, and the rest of it is recognized', async () => {
    const bystander = await upload(said(HIGH, LOW, HIGH, LOW))
    const id = await upload(said(LOW, POISON, HIGH))
    const report = await untilFinal(id)
    expect(report).toMatchObject({ state: 'final', texts: ['grave', 'agudo'] })
    expect(report.warnings).toContain('asr_failed')
    expect(await untilFinal(bystander)).toMatchObject({ state: 'final', texts: ['agudo', 'grave', 'agudo', 'grave'] })
    expect(await deaths()).toBe(2)

    // Analysed again, and sent again by someone else: it is known.
    await fetch(`${server.url}/sessions/${id}/analyze`, { method: 'POST' })
    expect((await untilFinal(id)).texts).toEqual(['grave', 'agudo'])
    expect((await untilFinal(await upload(said(POISON, LOW)))).texts).toEqual(['grave'])
    expect(await deaths()).toBe(2)
  }, 120_000)

  it('does not take the recognizer from the others, however much of it comes', async () => {
    const before = await deaths()
    for (const frequency of [OTHER_POISON, 1450]) {
      await untilFinal(await upload(said(frequency, LOW)))
      expect((await untilFinal(await upload(said(LOW, HIGH)))).texts).toEqual(['grave', 'agudo'])
    }
    expect((await deaths()) - before).toBe(4)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  }, 120_000)

  it('is one error in a live session, which ends with its report', async () => {
    await using client = await LiveClient.connect(server.url)
    await client.open({ diarize: false })
    const samples = said(LOW, 1480, HIGH)
    await client.audio(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), 3200, 5)
    client.send({ type: 'end_of_stream' })
    const { text } = await client.next('final_result', 0, 60_000)
    expect(text.split(/\s+/)).toEqual(['grave', 'agudo'])
    const { report } = await client.next('analysis', 0, 60_000)
    expect(report.analysis.warnings.map(({ code }) => code)).toContain('asr_failed')
    expect(new Set(client.all('error').map(({ code }) => code))).toEqual(new Set(['asr_failed']))
  }, 120_000)
})
