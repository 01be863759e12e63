import { mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SherpaModel } from '../../packages/server/src/engines/adapters/sherpa/model.ts'
import { LARGE_PARAMETERS, writeLargeRecognizer } from '../lib/large-recognizer.ts'
import { startVigia } from '../lib/processes.ts'
import { rawRun, spansOf, TINY } from '../lib/raw-engines.ts'
import { dialogueOf } from '../lib/recordings.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { cpuOfTree } from '../lib/usage.ts'

/**
 * A recording from upload to final text (received, stored, decoded, cut, recognized, kept) beside a program that uses
 * sherpa-onnx-node alone on the same audio: the same voice model over the same windows, the same recognizer over the same
 * utterances. The start of the processes and of the models is left out on both sides.
 */
export const pipeline: Row = {
  name: 'pipeline',
  title: 'Pipeline over raw sherpa-onnx-node: a recording to text',
  async run(context) {
    const modelsDir = await mkdtemp(path.join(context.dir, 'models-'))
    const large = await writeLargeRecognizer(modelsDir)
    const config = path.join(context.dir, 'large.json')
    const final = { adapter: 'sherpa', model: 'large', threads: 1 }
    await writeFile(config, JSON.stringify({ modelsDir, engines: { asr: { final } } }))
    const size = `${Math.round(LARGE_PARAMETERS / 1e6)} M parameters of chance`
    const [long, shorter] = [context.by({ smoke: 1, short: 10, full: 30 }), context.by({ smoke: 1, short: 5, full: 30 })]
    return [
      ...(await compare(context, { minutes: long, model: TINY, flags: [], name: 'tiny-es, 2 M parameters' })),
      ...(await compare(context, { minutes: shorter, model: large, flags: ['--config', config], name: size })),
    ]
  },
}

interface Comparison {
  minutes: number
  model: SherpaModel
  flags: readonly string[]
  name: string
}

async function compare(context: RowContext, { minutes, model, flags, name }: Comparison): Promise<Figure[]> {
  const audioMs = minutes * 60_000
  const audio = dialogueOf(audioMs)
  const spans = await spansOf(audio)
  const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), {
    ours: () => upload(context, audio, flags),
    raw: async () => ({ ...(await rawRun({ audioMs, spans, model })) }),
  })
  const line = (key: 'wallMs' | 'cpuMs', what: string) => ({
    what: `${what}, ${minutes} min of audio, ${name}`,
    unit: 's',
    better: 'less' as const,
    ours: middle(samples.ours, key) / 1000,
    than: { name: 'sherpa-onnx-node', value: middle(samples.raw, key) / 1000 },
    ...ratioOf(samples.ours, samples.raw, key),
  })
  return [{ ...line('cpuMs', 'CPU of all processes'), goal: { of: 'ratio', max: 1.05 } }, line('wallMs', 'time')]
}

async function upload(context: RowContext, audio: Uint8Array, flags: readonly string[]): Promise<Sample> {
  await using server = await startVigia(await mkdtemp(path.join(context.dir, 'pipeline-')), flags)
  const before = cpuOfTree(server.pid)
  const begin = performance.now()
  const answer = await fetch(`${server.url}/sessions?encoding=pcm16&diarize=false&analyze=false`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: audio as BodyInit,
  })
  const { session_id } = (await answer.json()) as { session_id: string }
  await untilFinal(`${server.url}/sessions/${session_id}`)
  const after = cpuOfTree(server.pid)
  return { wallMs: performance.now() - begin, cpuMs: after.own - before.own + after.below - before.below }
}

/** Asked seldom: the server's answers are CPU that is counted too. */
const POLL_MS = 500

async function untilFinal(url: string): Promise<void> {
  for (let tries = 0; tries < 2400; tries += 1) {
    const { state } = (await (await fetch(url)).json()) as { state: string }
    if (state === 'final') return
    await sleep(POLL_MS)
  }
  throw new Error('the recording was not finished in 20 minutes')
}
