import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { streamingToneCtcModel } from '../packages/server/src/engines/adapters/sherpa/testing/onnx-writer.ts'
import { openSherpaStreaming } from '../packages/server/src/engines/adapters/sherpa-streaming/sherpa-streaming.ts'
import { LARGE_PARAMETERS, largeNodes } from './lib/large-recognizer.ts'

/**
 * CPU of many live streams in one batch over one stream alone, per stream:
 *
 *     node bench/streaming-batch.ts
 *
 * With a generated model that does next to nothing, which shows the cost around a model, and with one of the size of a real
 * one and weights by chance.
 */

const dir = mkdtempSync(path.join(os.tmpdir(), 'vigia-bench-'))
const tokens = path.join(dir, 't.txt')
writeFileSync(tokens, '▁grave 0\n▁agudo 1\n<blk> 2\n')
const speech = Int16Array.from({ length: 16_000 * 30 }, (_, at) => 9000 * Math.sin(at / 8))

const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function* chunks() {
  for (let at = 0; at < speech.length; at += 1600) yield { samples: speech.slice(at, at + 1600), startMs: at / 16 }
}

async function run(model: string, streams: number): Promise<{ cpu: number; calls: number }> {
  const files = { family: 'nemo_ctc' as const, model }
  await using asr = await openSherpaStreaming({
    id: 'bench',
    files,
    tokens,
    languages: ['es'],
    punctuation: false,
    languageOption: false,
    featureDim: 80,
    threads: 1,
    expected: {},
  })
  const before = cpuOf(asr.pid!)
  const signal = new AbortController().signal
  await Promise.all(
    Array.from({ length: streams }, () => Array.fromAsync(asr.transcribe(chunks(), { language: 'es', purpose: 'live' }, signal))),
  )
  return { cpu: cpuOf(asr.pid!) - before, calls: (await asr.stats()).calls }
}

const MODELS = {
  'next to nothing': () => streamingToneCtcModel(),
  [`${Math.round(LARGE_PARAMETERS / 1e6)} M parameters`]: () =>
    streamingToneCtcModel({}, 0, largeNodes({ of: 'logprobsOfTones', out: 'logprobs' })),
}
try {
  for (const [name, make] of Object.entries(MODELS)) {
    const model = path.join(dir, 'm.onnx')
    writeFileSync(model, make())
    for (const streams of [1, 4, 16, 32]) {
      const { cpu, calls } = await run(model, streams)
      const each = ((cpu * 1000) / streams).toFixed(0)
      console.log(
        `${name}, ${streams} streams: ${each} ms CPU per stream of 30 s, ${(calls / streams).toFixed(1)} native calls per stream`,
      )
    }
  }
} finally {
  rmSync(dir, { recursive: true })
}
