import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { SherpaModel } from '../../packages/server/src/engines/adapters/sherpa/model.ts'
import {
  attribute,
  bandNodes,
  FLOAT,
  file,
  INT64,
  initializer,
  int64s,
  ints,
  node,
  text,
  valueInfo,
} from '../../packages/server/src/engines/adapters/sherpa/testing/onnx-writer.ts'

/**
 * A recognizer of the size of a real one, with weights by chance: what the pipeline costs beside a model that people use.
 * Sixteen feed-forward layers of 512 × 2048 on every eighth frame, float32; what it writes is decided by two mel bands.
 */

const WIDTH = 512
const INNER = 2048
const LAYERS = 16
export const LARGE_PARAMETERS = 80 * WIDTH + LAYERS * 2 * WIDTH * INNER + WIDTH * 3

const SUBSAMPLING = 8

/** Writes it as an installed model. @returns where to find it */
export async function writeLargeRecognizer(modelsDir: string): Promise<SherpaModel> {
  const dir = path.join(modelsDir, 'large')
  await mkdir(dir, { recursive: true })
  const [model, tokens] = [path.join(dir, 'model.onnx'), path.join(dir, 'tokens.txt')]
  await writeFile(model, largeModel())
  await writeFile(tokens, '▁grave 0\n▁agudo 1\n<blk> 2\n')
  const entry = {
    ...{ id: 'large', title: 'large', role: 'asr', family: 'nemo_ctc', languages: ['es'], ramMb: 200 },
    license: { name: 'own', commercial: true },
    parts: { model: 'model.onnx', tokens: 'tokens.txt' },
  }
  await writeFile(path.join(dir, 'model.json'), JSON.stringify(entry))
  return { id: 'large', files: { family: 'nemo_ctc', model }, tokens, languages: ['es'] }
}

function largeModel(): Uint8Array {
  return file(
    { vocab_size: '2', subsampling_factor: String(SUBSAMPLING), normalize_type: 'NA' },
    node('Transpose', ['audio_signal'], ['all'], ints('perm', [0, 2, 1])),
    node('Slice', ['all', 'at0', 'last', 'axis1', 'step'], ['frames']),
    ...bandNodes(-6),
    ...largeNodes({ of: 'scores', out: 'noisyScores' }),
    node('LogSoftmax', ['noisyScores'], ['logprobs'], attribute('axis', 2)),
    int64s('last', [2 ** 31]),
    int64s('axis1', [1]),
    int64s('step', [SUBSAMPLING]),
    text(2, 'large'),
    valueInfo(11, 'audio_signal', FLOAT, ['N', 80, 'T']),
    valueInfo(11, 'length', INT64, ['N']),
    valueInfo(12, 'logprobs', FLOAT, ['N', 'T', 3]),
  )
}

/** The layers over `frames` [N, T, 80]; hardly anything of what comes out of them is added to `of` [N, T, 3]. */
export function largeNodes({ of, out }: { of: string; out: string }): Uint8Array[] {
  return [
    node('MatMul', ['frames', 'in'], ['x0']),
    ...Array.from({ length: LAYERS }, (_, at) => layer(at)).flat(),
    node('MatMul', [`x${LAYERS}`, 'out'], ['chance']),
    node('Mul', ['chance', 'little'], ['noise']),
    node('Add', [of, 'noise'], [out]),
    weights('in', 80, WIDTH),
    weights('out', WIDTH, 3),
    initializer('little', [1], Float32Array.of(1e-6)),
  ]
}

function layer(at: number): Uint8Array[] {
  return [
    weights(`up${at}`, WIDTH, INNER),
    weights(`down${at}`, INNER, WIDTH),
    node('MatMul', [`x${at}`, `up${at}`], [`inner${at}`]),
    node('Relu', [`inner${at}`], [`positive${at}`]),
    node('MatMul', [`positive${at}`, `down${at}`], [`change${at}`]),
    node('Add', [`x${at}`, `change${at}`], [`x${at + 1}`]),
  ]
}

/** Small numbers, the same in every run. */
function weights(name: string, rows: number, columns: number): Uint8Array {
  const values = new Float32Array(rows * columns)
  let state = rows * 31 + columns
  for (let at = 0; at < values.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    values[at] = (state / 2 ** 32 - 0.5) * 0.02
  }
  return initializer(name, [rows, columns], values)
}
