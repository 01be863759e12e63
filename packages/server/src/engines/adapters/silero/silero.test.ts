import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fixture } from '../../../../test/fixtures/audio/read.ts'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import { vadContract } from '../../contract/vad-contract.ts'
import { openSileroVad } from './silero.ts'
import { poisonableVad } from './testing/poisonable-vad.ts'

vadContract('silero', openSileroVad, async () => (await fixture('es-04-tareas')).subarray(0, 3 * 16_000))

it('finds the speech of a dialogue between its pauses', async () => {
  await using vad = await openSileroVad()
  const samples = await fixture('es-dialogo')
  const scores = await vad.open().score(samples.subarray(0, samples.length - (samples.length % 512)))
  const heard = (fromMs: number, toMs: number): number => {
    const windows = scores.subarray(Math.ceil(fromMs / 32), Math.floor(toMs / 32))
    return windows.filter((score) => score >= 0.5).length / windows.length
  }
  expect(heard(0, 450)).toBe(0)
  expect(heard(600, 5100)).toBeGreaterThan(0.85)
  expect(heard(11_500, 12_000)).toBe(0)
})

it('refuses a model file that is damaged, and one that is none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-vad-'))
  try {
    await expect(openSileroVad({ modelPath: join(dir, 'none.onnx') })).rejects.toMatchObject({ code: 'model_not_found' })
    await writeFile(join(dir, 'bad.onnx'), 'no model')
    await expect(openSileroVad({ modelPath: join(dir, 'bad.onnx') })).rejects.toMatchObject({ code: 'model_invalid' })
  } finally {
    await rm(dir, { recursive: true })
  }
})

/** The generated model traps on x64 only. */
it.skipIf(process.arch !== 'x64')(
  'loses two processes to poisonous audio and nothing else',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vigia-vad-'))
    try {
      const modelPath = join(dir, 'frail.onnx')
      await writeFile(modelPath, poisonableVad())
      const deaths: { quarantined: boolean }[] = []
      await using vad = await openSileroVad({ modelPath, onDeath: (death) => deaths.push(death) })
      const speech = tone(300, 16_000, 32 * 40, 0.3)
      for (const amplitude of [0.99, 0.95]) {
        const before = deaths.length
        const around = tone(330, 16_000, 32 * 40, amplitude / 3)
        const poison = concatSamples([around, tone(440, 16_000, 32, amplitude), around])
        const heard = [vad.open().score(speech), vad.open().score(poison), vad.open().score(speech)]
        const [one, refused, two] = await Promise.allSettled(heard)
        expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'vad_failed' } })
        for (const other of [one, two]) expect(other).toMatchObject({ status: 'fulfilled', value: new Float32Array(40).fill(1) })
        await expect(vad.open().score(poison)).rejects.toMatchObject({ code: 'vad_failed' })
        expect(deaths).toHaveLength(before + 2)
      }
      expect(deaths.some(({ quarantined }) => quarantined)).toBe(false)
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
  60_000,
)
