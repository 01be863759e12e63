import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { recognizerConfig } from '../packages/server/src/engines/adapters/sherpa/config.ts'
import { toFloats } from '../packages/server/src/engines/adapters/sherpa/floats.ts'
import type { SherpaModel } from '../packages/server/src/engines/adapters/sherpa/model.ts'
import { openSherpaAsr } from '../packages/server/src/engines/adapters/sherpa/sherpa.ts'
import { readWav } from '../packages/server/src/media/wav.ts'

/**
 * CPU time of recognition through our pipeline over raw sherpa-onnx-node on the same files and model:
 *
 *     node bench/asr-overhead.ts
 *
 * CPU seconds of the process and its children, not wall time; model load is left out on both sides.
 */

const ROOT = path.join(import.meta.dirname, '..')
const AUDIO = path.join(ROOT, 'packages/server/test/fixtures/audio')
const DIR = path.join(ROOT, 'models/tiny-es-asr')
const MODEL: SherpaModel = {
  id: 'tiny-es',
  files: { family: 'nemo_ctc', model: path.join(DIR, 'model.int8.onnx') },
  tokens: path.join(DIR, 'tokens.txt'),
  languages: ['es'],
}
const ROUNDS = Number(process.env.ROUNDS ?? 20)
const files = readdirSync(AUDIO)
  .filter((name) => name.endsWith('.wav'))
  .map((name) => readWav(readFileSync(path.join(AUDIO, name))).samples)
const audioSeconds = files.reduce((sum, samples) => sum + samples.length / 16_000, 0) * ROUNDS

/** CPU seconds of a process so far. */
function cpuOf(pid: number | 'self'): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function childrenOf(parent: number): number[] {
  const text = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' })
  return text
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== parent)
}

async function raw(): Promise<number> {
  const sherpa = createRequire(path.join(ROOT, 'packages/server/src/app.ts'))('sherpa-onnx-node')
  const recognizer = await sherpa.OfflineRecognizer.createAsync(recognizerConfig(MODEL))
  const before = cpuOf('self')
  for (let round = 0; round < ROUNDS; round += 1)
    for (const samples of files) {
      const stream = recognizer.createStream()
      stream.acceptWaveform({ sampleRate: 16_000, samples: toFloats(samples) })
      await recognizer.decodeAsync(stream)
    }
  return cpuOf('self') - before
}

async function pipeline(): Promise<number> {
  await using asr = await openSherpaAsr(MODEL, { parallel: 1 })
  const living = childrenOf(process.pid).filter((pid) => {
    try {
      return cpuOf(pid) >= 0
    } catch {
      return false
    }
  })
  const all = (): number => cpuOf('self') + living.reduce((sum, pid) => sum + (safe(() => cpuOf(pid)) ?? 0), 0)
  const before = all()
  const signal = new AbortController().signal
  for (let round = 0; round < ROUNDS; round += 1)
    for (const samples of files) {
      async function* audio() {
        yield { samples: samples.slice(), startMs: 0 }
      }
      for await (const _ of asr.transcribe(audio(), { language: 'es', purpose: 'final' }, signal));
    }
  return all() - before
}

function safe<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

const mode = process.argv[2]
if (mode === 'raw' || mode === 'pipeline') {
  console.log(await (mode === 'raw' ? raw() : pipeline()))
  process.exit(0)
}
const self = (which: string): number =>
  Number(execFileSync(process.execPath, [import.meta.filename, which], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
const figures = { raw: [] as number[], pipeline: [] as number[] }
for (let at = 0; at < 3; at += 1) {
  figures.raw.push(self('raw'))
  figures.pipeline.push(self('pipeline'))
}
const best = (numbers: readonly number[]): number => Math.min(...numbers)
const overhead = best(figures.pipeline) / best(figures.raw) - 1
console.log(
  `${audioSeconds.toFixed(0)} s of audio; CPU s: raw ${best(figures.raw).toFixed(2)}, pipeline ${best(figures.pipeline).toFixed(2)}; overhead ${(overhead * 100).toFixed(1)} %`,
)
