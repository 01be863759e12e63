import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import OpenAI from 'openai'
import { expect, it } from 'vitest'
import type { Asr } from '../../src/engines/asr.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { wavFile } from './helpers/media.ts'
import { withEngines } from './helpers/scripted.ts'

/** Who waits for a transcript is not kept by sessions that are finished in the background. */

/** A recognizer whose first final text waits until it is let go. */
function heldOnce(asr: Asr) {
  const gate = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  let calls = 0
  const held: Asr = {
    id: asr.id,
    model: asr.model,
    capabilities: asr.capabilities,
    async *transcribe(audio, options, signal) {
      if (options.purpose === 'final' && calls++ === 0) {
        began.resolve()
        await gate.promise
      }
      yield* asr.transcribe(audio, options, signal)
    },
    [Symbol.asyncDispose]: () => asr[Symbol.asyncDispose](),
  }
  return { held, began: began.promise, release: gate.resolve }
}

it('a request is answered while the second pass of a session is held up, and its report is made behind it', async () => {
  let gate: ReturnType<typeof heldOnce> | undefined
  await using server = await startTestServer(
    {},
    {
      wrapEngines: (engines) => {
        gate = heldOnce(engines.finalAsr)
        return withEngines({ finalAsr: gate.held })(engines)
      },
    },
  )
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open()
  await client.audio(new Uint8Array(wavFile('es-03-camara').subarray(44)))
  client.send({ type: 'end_of_stream' })
  await gate!.began
  const openai = new OpenAI({ apiKey: 'x', baseURL: `${server.url}/v1`, maxRetries: 0 })
  const file = () => new File([new Uint8Array(wavFile())], 'tareas.wav')
  const [one, two] = await Promise.all(
    [file(), file()].map((one) => openai.audio.transcriptions.create({ file: one, model: 'x' })),
  )
  expect([one!.text, two!.text]).toEqual([expect.stringContaining('facturas'), expect.stringContaining('facturas')])
  expect((await server.store.sessions.get(session_id))!.state).toBe('ending')
  gate!.release()
  const states = async () => (await server.store.sessions.list({ limit: 10 })).map(({ state }) => state)
  await expect.poll(states, { timeout: 30_000 }).toEqual(['final', 'final', 'final'])
  for (const { id } of await server.store.sessions.list({ limit: 10 })) {
    const report = await server.store.reports.get(id)
    expect(report!.transcript.length).toBeGreaterThan(0)
    expect(report!.analysis.revision).toBe(1)
  }
}, 60_000)

it('what came with an opt-out and was left by a crash is erased at the next start', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-opt-out-'))
  try {
    const format = { encoding: 'pcm16', sampleRate: 16_000, channels: 1 }
    const session = { owner: null, format, language: 'es', mode: 'transcribe', tokenHash: 'x', tier: 'full' as const }
    {
      await using before = await startTestServer({ dataDir })
      await before.store.sessions.create({ ...session, id: 'kept', config: {} })
      await before.store.sessions.create({ ...session, id: 'left', config: { keep: false } })
    }
    await using server = await startTestServer({ dataDir })
    expect((await server.store.sessions.list({ limit: 10 })).map(({ id }) => id)).toEqual(['kept'])
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}, 60_000)
