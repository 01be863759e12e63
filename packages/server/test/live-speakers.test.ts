import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toneEmbeddingModel, toneSegmentationModel } from '../src/engines/adapters/sherpa/testing/onnx-writer.ts'
import type { Asr } from '../src/engines/asr.ts'
import { VAD_WINDOW, type Vad } from '../src/engines/vad.ts'
import { LiveClient } from './helpers/live-client.ts'
import { concatSamples, tone } from './helpers/signals.ts'
import { bytesOf, silence } from './helpers/speech.ts'
import { startTestServer } from './helpers/test-server.ts'

/** Labels while people speak, by real engine processes on generated models: a low and a high tone are two voices. */

const LOW = tone(300, 16_000, 2500)
const HIGH = tone(5000, 16_000, 2500)
const PAUSE = silence(1500)
const DIALOGUE = concatSamples([LOW, PAUSE, HIGH, PAUSE, LOW, PAUSE])

/** Tones are no speech to the real detector. */
const loudVad: Vad = {
  id: 'loud',
  model: 'none',
  open: () => ({
    async score(windows) {
      const loud = (at: number): boolean =>
        windows.subarray(at * VAD_WINDOW, (at + 1) * VAD_WINDOW).some((x) => Math.abs(x) > 500)
      return Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, at) => (loud(at) ? 1 : 0))
    },
    [Symbol.dispose]() {},
  }),
  async [Symbol.asyncDispose]() {},
}

function wordAsr(asr: Asr): Asr {
  return {
    ...asr,
    async *transcribe(audio) {
      let from = -1
      let endMs = 0
      for await (const { samples, startMs } of audio) {
        if (from < 0) from = startMs
        endMs = startMs + samples.length / 16
      }
      if (from >= 0) yield { type: 'final', text: 'bueno', words: [], startMs: from, endMs }
    },
  }
}

let modelsDir: string
let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  modelsDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-live-speakers-'))
  await addModel('seg', 'segmentation', toneSegmentationModel())
  await addModel('emb', 'embedding', toneEmbeddingModel(), { mergeDistance: 0.3 })
  server = await startTestServer(
    { modelsDir, engines: { diarizer: { adapter: 'sherpa', segmentation: 'seg', embedding: 'emb' } } },
    {
      wrapEngines: (engines) => ({
        ...engines,
        vad: loudVad,
        liveAsr: wordAsr(engines.liveAsr),
        finalAsr: wordAsr(engines.finalAsr),
      }),
    },
  )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(modelsDir, { recursive: true, force: true })
})

async function addModel(id: string, role: string, onnx: Uint8Array, settings = {}): Promise<void> {
  await mkdir(path.join(modelsDir, id), { recursive: true })
  const license = { name: 'own', commercial: true }
  const parts = { model: 'model.onnx' }
  const entry = { id, title: id, role, family: 'test', languages: 'any', license, parts, ramMb: 1, settings }
  await writeFile(path.join(modelsDir, id, 'model.json'), JSON.stringify(entry))
  await writeFile(path.join(modelsDir, id, 'model.onnx'), onnx)
}

describe('a live session with a voice model', () => {
  it('says who speaks with each final text, and the second pass settles it', async () => {
    await using client = await LiveClient.connect(server.url)
    await client.open()
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    expect(client.all('segment').map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    client.send({ type: 'end_of_stream' })
    const { segments } = await client.next('final_result')
    expect(segments.map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
    expect(client.all('error')).toEqual([])
  })

  it('carries a name given to a live label into the report', async () => {
    await using client = await LiveClient.connect(server.url)
    const { session_id } = await client.open()
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    const named = await fetch(`${server.url}/sessions/${session_id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ speaker_names: { S2: 'Ana' } }),
    })
    expect(named.status).toBe(200)
    client.send({ type: 'end_of_stream' })
    const { report } = await client.next('analysis')
    expect(report.participants.find(({ speaker }) => speaker === 'S2')).toMatchObject({ name: 'Ana' })
  })

  it('asks nothing of the model where speakers are not wanted', async () => {
    await using client = await LiveClient.connect(server.url)
    await client.open({ diarize: false })
    await client.audio(bytesOf(DIALOGUE))
    await client.until(() => client.all('segment').length === 3)
    expect(client.all('segment').map(({ speaker }) => speaker)).toEqual([undefined, undefined, undefined])
  })
})
