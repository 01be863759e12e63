import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeContract } from '../../contract/judge-contract.ts'
import { attribute, FLOAT, file, initializer, ints, node, text, valueInfo } from '../sherpa/testing/onnx-writer.ts'
import { BANDS, FRAMES, logMel, SAMPLES } from './features.ts'
import { openSmartTurn } from './smart-turn.ts'

/** A model of the judge's shape that thinks the turn is over when the last 800 ms are quiet: their loudest band against a threshold. */
function quietEndModel(): Uint8Array {
  return file(
    {},
    node('Gather', ['input_features', 'last'], ['tail'], attribute('axis', 2)),
    node('ReduceMax', ['tail'], ['loudest'], ints('axes', [1, 2]), attribute('keepdims', 0)),
    node('Sub', ['threshold', 'loudest'], ['quiet']),
    node('Mul', ['quiet', 'steep'], ['logit']),
    node('Sigmoid', ['logit'], ['probability']),
    text(2, 'quiet-end'),
    int64Last(),
    initializer('threshold', [1], Float32Array.of(0.7)),
    initializer('steep', [1], Float32Array.of(8)),
    valueInfo(11, 'input_features', FLOAT, ['N', BANDS, FRAMES]),
    valueInfo(12, 'probability', FLOAT, ['N']),
  )
}

import { int64s } from '../sherpa/testing/onnx-writer.ts'

const int64Last = (): Uint8Array =>
  int64s(
    'last',
    Array.from({ length: 80 }, (_, i) => FRAMES - 80 + i),
  )

let dir = ''
let modelPath = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-turn-'))
  modelPath = join(dir, 'turn.onnx')
  await writeFile(modelPath, quietEndModel())
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const tone = (ms: number, hz = 300): Int16Array =>
  Int16Array.from({ length: ms * 16 }, (_, i) => 9000 * Math.sin((2 * Math.PI * hz * i) / 16_000))
const joined = (...parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]))

judgeContract('smart-turn', () => openSmartTurn({ modelPath, model: 'quiet-end' }))

describe('the judge that listens', () => {
  it('is given the end of the turn, and tells a quiet end from a loud one', async () => {
    await using judge = await openSmartTurn({ modelPath, model: 'quiet-end' })
    const ask = (samples: Int16Array) =>
      judge.judge({ audio: { samples, startMs: 0 }, text: 'qué hora es', language: 'es' }, new AbortController().signal)
    expect(await ask(joined(tone(2000), new Int16Array(16_000)))).toBeGreaterThan(0.5)
    expect(await ask(joined(new Int16Array(16_000), tone(2000)))).toBeLessThan(0.5)
  })

  it('refuses a file that is no model', async () => {
    const path = join(dir, 'broken.onnx')
    await writeFile(path, 'not a model')
    await expect(openSmartTurn({ modelPath: path, model: 'broken' })).rejects.toThrow()
    await expect(openSmartTurn({ modelPath: join(dir, 'none.onnx'), model: 'none' })).rejects.toMatchObject({
      code: 'model_not_found',
    })
  })
})

describe('log-mel features', () => {
  it('put silence in front of a short turn and the turn at the end', () => {
    const features = logMel(tone(1000))
    const mean = (from: number, to: number): number => {
      let sum = 0
      for (let band = 0; band < BANDS; band += 1) for (let t = from; t < to; t += 1) sum += features[band * FRAMES + t]!
      return sum / (BANDS * (to - from))
    }
    expect(mean(720, 790)).toBeGreaterThan(mean(100, 600) + 0.2)
  })

  it('have a tone in its own band: 1 kHz is mel 15 of 45.2', () => {
    const features = logMel(tone(8000, 1000))
    const column = Array.from({ length: BANDS }, (_, band) => features[band * FRAMES + 400]!)
    expect(column.indexOf(Math.max(...column))).toBe(Math.round((15 / 45.245) * 81) - 1)
  })

  it('are held within 8 of the loudest, scaled as Whisper has them', () => {
    const features = logMel(tone(8000))
    const values = [Math.max(...features), Math.min(...features)]
    expect(values[0]! - values[1]!).toBeLessThanOrEqual(2.001)
    expect(features.length).toBe(BANDS * FRAMES)
    expect(SAMPLES).toBe(FRAMES * 160)
  })
})
