import { getEventListeners } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concatSamples, tone } from '../../../../test/helpers/signals.ts'
import type { AsrEvent } from '../../asr.ts'
import type { PcmChunk } from '../../audio.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import { poisonableStreamingModel } from '../sherpa/testing/ctc-models.ts'
import { streamingToneCtcModel, toneCtcModel } from '../sherpa/testing/onnx-writer.ts'
import type { StreamingModel } from './config.ts'
import { openSherpaStreaming } from './sherpa-streaming.ts'

/** Generated models that hear a low tone as "grave" and a high one as "agudo". */

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-streaming-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const SILENCE = new Int16Array(4800)
const LOW = tone(300, 16_000, 400)
const HIGH = tone(5000, 16_000, 400)
const SPEECH = concatSamples([SILENCE, LOW, SILENCE, HIGH, SILENCE, LOW, SILENCE])

async function model(
  name: string,
  onnx = streamingToneCtcModel(),
  tokens = '▁grave 0\n▁agudo 1\n<blk> 2\n',
): Promise<StreamingModel> {
  const onnxPath = path.join(dir, `${name}.onnx`)
  const tokensPath = path.join(dir, `${name}.txt`)
  await writeFile(onnxPath, onnx)
  await writeFile(tokensPath, tokens)
  const files = { family: 'nemo_ctc' as const, model: onnxPath }
  return {
    id: name,
    files,
    tokens: tokensPath,
    languages: ['es'],
    punctuation: false,
    languageOption: false,
    featureDim: 80,
    threads: 1,
    expected: {},
  }
}

const OPTIONS = { language: 'es', purpose: 'live' as const }
async function* chunks(samples: Int16Array, startMs = 0, size = 1600): AsyncIterable<PcmChunk> {
  for (let at = 0; at < samples.length; at += size) yield { samples: samples.slice(at, at + size), startMs: startMs + at / 16 }
}
const signal = new AbortController().signal

asrContract(
  'sherpa-streaming',
  async () => openSherpaStreaming(await model('contract')),
  async () => ({ samples: SPEECH, language: 'es', words: ['grave', 'agudo', 'grave'] }),
)

describe('the streaming recognizer', () => {
  it('shows words while they are said and places them where they were heard', async () => {
    await using asr = await openSherpaStreaming(await model('times'))
    const events = await Array.fromAsync(asr.transcribe(chunks(SPEECH, 1000), OPTIONS, signal))
    const interims = events.filter((event) => event.type === 'interim').map(({ text }) => text)
    expect(interims).toEqual(expect.arrayContaining(['grave', 'grave agudo']))
    const final = events.at(-1) as Extract<AsrEvent, { type: 'final' }>
    expect(final.words.map(({ text }) => text)).toEqual(['grave', 'agudo', 'grave'])
    // Tones begin at 300, 1000 and 1700 ms; the library tells half of it for this family, see ASSUMED_SUBSAMPLING.
    for (const [index, at] of [1300, 2000, 2700].entries()) expect(Math.abs(final.words[index]!.startMs - at)).toBeLessThan(120)
  })

  it('decodes many live utterances in fewer calls than one by one', async () => {
    await using asr = await openSherpaStreaming(await model('batch'))
    const alone = await Array.fromAsync(asr.transcribe(chunks(SPEECH), OPTIONS, signal))
    const one = await asr.stats()
    const all = await Promise.all(
      Array.from({ length: 16 }, () => Array.fromAsync(asr.transcribe(chunks(SPEECH), OPTIONS, signal))),
    )
    for (const events of all) expect(events.at(-1)).toEqual(alone.at(-1))
    const { calls, streams } = await asr.stats()
    expect(streams - one.streams).toBe(16 * one.streams)
    expect(calls - one.calls).toBeLessThan((16 * one.calls) / 2)
  })

  it('begins a new utterance behind a hole', async () => {
    await using asr = await openSherpaStreaming(await model('hole'))
    async function* audio() {
      yield* chunks(concatSamples([SILENCE, LOW, SILENCE]))
      yield* chunks(concatSamples([SILENCE, HIGH, SILENCE]), 60_000)
    }
    const finals = (await Array.fromAsync(asr.transcribe(audio(), OPTIONS, signal))).filter(({ type }) => type === 'final')
    expect(finals).toMatchObject([
      { text: 'grave', startMs: 0 },
      { text: 'agudo', startMs: 60_000 },
    ])
  })

  it('hears the utterance again from its start when its process is killed in the middle', async () => {
    const deaths: { pid?: number }[] = []
    await using asr = await openSherpaStreaming(await model('kill'), { onDeath: (death) => deaths.push(death) })
    async function* audio() {
      let at = 0
      for await (const chunk of chunks(SPEECH)) {
        yield chunk
        at += 1
        if (at === 8) process.kill(asr.pid!, 'SIGKILL')
      }
    }
    const events = await Array.fromAsync(asr.transcribe(audio(), OPTIONS, signal))
    expect(events.at(-1)).toMatchObject({ type: 'final', text: 'grave agudo grave', startMs: 0 })
    expect(deaths).toHaveLength(1)
  })

  it('leaves nothing on the signal of its session', async () => {
    await using asr = await openSherpaStreaming(await model('listeners'))
    const { signal: own } = new AbortController()
    await Array.fromAsync(asr.transcribe(chunks(SPEECH), OPTIONS, own))
    expect(getEventListeners(own, 'abort')).toEqual([])
  })

  it.each([
    ['cut off', () => streamingToneCtcModel().subarray(0, 900), '▁a 0\n▁b 1\n<blk> 2\n'],
    ['without a blank', () => streamingToneCtcModel(), '▁a 0\n▁b 1\n'],
    ['made for offline use', () => toneCtcModel({ vocab_size: '2', subsampling_factor: '1' }), '▁a 0\n▁b 1\n<blk> 2\n'],
  ])('refuses a model %s before the library sees it', async (name, onnx, tokens) => {
    const deaths: unknown[] = []
    const opening = openSherpaStreaming(await model(name.replace(' ', '-'), onnx(), tokens), {
      onDeath: (death) => deaths.push(death),
    })
    await expect(opening).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths).toEqual([])
  })
})

/** The generated model traps on x64 only. */
describe.skipIf(process.arch !== 'x64')('poisonous audio in a live utterance', () => {
  const POISON = tone(1500, 16_000, 400)
  const poisoned = concatSamples([SILENCE, tone(320, 16_000, 400), SILENCE, POISON, SILENCE])

  it("costs exactly two processes, is refused from then on, and is no one else's loss", async () => {
    const deaths: { quarantined: boolean }[] = []
    await using asr = await openSherpaStreaming(await model('poison', poisonableStreamingModel()), {
      onDeath: (death) => deaths.push(death),
    })
    const texts = async (audio: AsyncIterable<PcmChunk>): Promise<string[]> =>
      (await Array.fromAsync(asr.transcribe(audio, OPTIONS, signal)))
        .filter(({ type }) => type === 'final')
        .map(({ text }) => text)

    const bystanders = Array.from({ length: 4 }, () => texts(chunks(SPEECH)))
    await expect(texts(chunks(poisoned))).rejects.toMatchObject({ code: 'asr_failed' })
    expect(await Promise.all(bystanders)).toEqual(Array(4).fill(['grave agudo grave']))
    expect(deaths).toMatchObject([{ quarantined: false }, { quarantined: false }])

    // the same again, in other pieces and with more silence ahead: it is known before anything decodes it
    await expect(texts(chunks(concatSamples([SILENCE, poisoned]), 5000, 800))).rejects.toMatchObject({ code: 'asr_failed' })
    expect(await texts(chunks(SPEECH))).toEqual(['grave agudo grave'])
    expect(await texts(chunks(LOW, 0, 640))).toEqual(['grave'])
    expect(deaths).toHaveLength(2)
  }, 60_000)

  it('does not close the engine to the others, however much of it comes', async () => {
    const deaths: { quarantined: boolean }[] = []
    await using asr = await openSherpaStreaming(await model('poisons', poisonableStreamingModel()), {
      onDeath: (death) => deaths.push(death),
    })
    const run = (samples: Int16Array) => Array.fromAsync(asr.transcribe(chunks(samples), OPTIONS, signal))
    for (const frequency of [1450, 1500, 1550]) {
      const other = concatSamples([tone(frequency, 16_000, 300), SILENCE])
      await expect(run(other)).rejects.toMatchObject({ code: 'asr_failed' })
      expect((await run(SPEECH)).at(-1)).toMatchObject({ type: 'final', text: 'grave agudo grave' })
    }
    expect(deaths.map(({ quarantined }) => quarantined)).toEqual(Array(6).fill(false))
  }, 60_000)
})
