import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import { ModelStore } from '../../../models/store.ts'
import type { AdapterContext } from '../../catalog.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import { openInstalledSherpa } from './open-installed.ts'
import { toneCtcModel } from './testing/onnx-writer.ts'

/** An installed model of the user's own, generated: a low tone is "grave", a high one "agudo". */

const SILENCE = new Int16Array(4800)
const SPEECH = concatSamples([SILENCE, tone(300, 16_000, 400), SILENCE, tone(5000, 16_000, 400), SILENCE])

let dir: string
const deaths: EngineDeath[] = []
let context: AdapterContext
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-own-'))
  context = { models: new ModelStore(dir, []), variant: 'full', onDeath: (death) => void deaths.push(death) }
  await add('tonos')
  await add('tonos-pad', { settings: { padMs: 500 } })
  await add('susurro', { family: 'whisper', parts: { encoder: 'model.onnx', decoder: 'model.onnx', tokens: 'tokens.txt' } })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function add(id: string, more: Record<string, unknown> = {}): Promise<void> {
  const entry = {
    id,
    title: id,
    role: 'asr',
    family: 'nemo_ctc',
    languages: ['es'],
    license: { name: 'own', commercial: true },
    parts: { model: 'model.onnx', tokens: 'tokens.txt' },
    ramMb: 10,
    ...more,
  }
  await mkdir(path.join(dir, id), { recursive: true })
  await writeFile(path.join(dir, id, 'model.json'), JSON.stringify(entry))
  await writeFile(
    path.join(dir, id, 'model.onnx'),
    toneCtcModel({ vocab_size: '2', subsampling_factor: '1', normalize_type: 'NA' }),
  )
  await writeFile(path.join(dir, id, 'tokens.txt'), '▁grave 0\n▁agudo 1\n<blk> 2\n')
}

const open = (model: string) => openInstalledSherpa({ adapter: 'sherpa', model }, context)
async function* once(samples = SPEECH, startMs = 0) {
  yield { samples: samples.slice(), startMs }
}

asrContract(
  'sherpa with an installed model',
  () => open('tonos'),
  async () => ({ samples: SPEECH, language: 'es', words: ['grave', 'agudo'] }),
)

describe('an installed sherpa model', () => {
  it('keeps its word times when silence is put around the piece', async () => {
    await using plain = await open('tonos')
    await using padded = await open('tonos-pad')
    const hear = (asr: typeof plain) =>
      Array.fromAsync(asr.transcribe(once(SPEECH, 1000), { language: 'es', purpose: 'final' }, new AbortController().signal))
    const [[a], [b]] = [await hear(plain), await hear(padded)]
    expect(b!.text).toBe(a!.text)
    const starts = (event: typeof a): number[] => (event?.type === 'final' ? event.words.map(({ startMs }) => startMs) : [])
    const apart = starts(b).map((startMs, index) => Math.abs(startMs - starts(a)[index]!))
    expect(Math.max(...apart)).toBeLessThan(40)
  })

  it('decodes a long piece whole, in one process', async () => {
    const killed = deaths.length
    await using asr = await open('tonos')
    const signal = new AbortController().signal
    const long = concatSamples(Array.from({ length: 20 }, () => SPEECH))
    const hearing = Array.fromAsync(asr.transcribe(once(long), { language: 'es', purpose: 'final' }, signal))
    expect((await hearing).map(({ text }) => text).join(' ')).toContain('grave agudo')
    expect(deaths.length).toBe(killed)
  })

  it('refuses files of another family, an unknown model and none, before a library sees them', async () => {
    await expect(open('susurro')).rejects.toMatchObject({ code: 'model_invalid', message: expect.stringContaining('metadata') })
    await expect(open('nada')).rejects.toMatchObject({ code: 'model_not_found' })
    await expect(openInstalledSherpa({ adapter: 'sherpa' }, context)).rejects.toMatchObject({ code: 'config_invalid' })
    expect(deaths).toEqual([])
  })
})
