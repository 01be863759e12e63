import { VigiaError } from '@vigia/protocol'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Asr } from '../../src/engines/asr.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { appendAudio, connectRealtime, question, quiet, sentence } from './helpers/realtime-client.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

/** What `session.update` changes while audio flows has its effect on what follows, or is refused. */

const llm = scriptedLlm()
llm.otherwise = { text: 'De acuerdo.' }
let server: Awaited<ReturnType<typeof startTestServer>>
let failing = false
beforeAll(async () => {
  server = await startTestServer(
    { assistant: { frameWaitMs: 100 } },
    { wrapEngines: (engines) => withEngines({ llm, tts: scriptedTts(), liveAsr: breakable(engines.liveAsr) })(engines) },
  )
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  failing = false
})

/** A recognizer that fails while `failing` is set. */
const breakable = (asr: Asr): Asr => ({
  ...asr,
  id: asr.id,
  model: asr.model,
  capabilities: asr.capabilities,
  async *transcribe(audio, options, signal) {
    if (failing) throw new VigiaError('asr_failed', 'The recognizer broke.')
    yield* asr.transcribe(audio, options, signal)
  },
  [Symbol.asyncDispose]: () => asr[Symbol.asyncDispose](),
})

type Live = Awaited<ReturnType<typeof connectRealtime>>
const connect = () => connectRealtime(server)

async function update(live: Live, session: object): Promise<void> {
  const before = live.of('session.updated').length
  live.socket.send({ type: 'session.update', session: { type: 'realtime', ...session } } as never)
  await live.until('session.updated', before + 1)
}

const detection = (turn_detection: object | null) => ({ audio: { input: { turn_detection } } })
const silent = { output_modalities: ['text'] }

/** Two sentences a second apart: one utterance or two, as the silence that ends one says. */
async function twoSentences(live: Live, behindS: number): Promise<void> {
  for (const audio of [sentence(), quiet(1), sentence(), quiet(behindS)]) appendAudio(live.socket, audio)
}

it('ends utterances after the silence that was set last, the first audio notwithstanding', async () => {
  using live = await connect()
  const vad = (silence_duration_ms: number) =>
    detection({ type: 'server_vad', silence_duration_ms, create_response: false, interrupt_response: false })
  await update(live, { ...silent, ...vad(300) })
  await twoSentences(live, 1)
  await live.until('input_audio_buffer.speech_stopped', 2)
  await update(live, vad(2500))
  await twoSentences(live, 4)
  await live.until('input_audio_buffer.speech_stopped', 3)
  await update(live, vad(300))
  await twoSentences(live, 1)
  await live.until('input_audio_buffer.speech_stopped', 5)
  const starts = live.of('input_audio_buffer.speech_started')
  const lengths = live.of('input_audio_buffer.speech_stopped').map((one, i) => one.audio_end_ms - starts[i]!.audio_start_ms)
  expect(lengths.slice(0, 5).map((ms) => (ms > 6000 ? 'both' : 'one'))).toEqual(['one', 'one', 'both', 'one', 'one'])
  expect(live.of('response.created')).toEqual([])
  expect(live.errors).toEqual([])
}, 60_000)

it('answers by itself or not, as it was told last', async () => {
  using live = await connect()
  await update(live, { ...silent, ...detection({ type: 'server_vad', create_response: true }) })
  for (const audio of [question(), quiet(2)]) appendAudio(live.socket, audio)
  await live.until('response.done')
  const heard = live.of('input_audio_buffer.committed').length
  await update(live, detection({ type: 'server_vad', create_response: false }))
  for (const audio of [question(), quiet(2)]) appendAudio(live.socket, audio)
  await live.until('input_audio_buffer.committed', heard + 1)
  live.socket.send({ type: 'response.create' })
  await live.until('response.done', 2)
  expect(live.of('response.created')).toHaveLength(2)
  expect(live.errors).toEqual([])
}, 60_000)

it('goes over to turns by hand and back', async () => {
  using live = await connect()
  await update(live, { ...silent, ...detection({ type: 'server_vad', create_response: false }) })
  appendAudio(live.socket, sentence())
  await live.until('input_audio_buffer.speech_started')
  await update(live, detection(null))
  // what was being said has ended
  await live.until('input_audio_buffer.committed')
  const before = live.of('input_audio_buffer.speech_started').length
  for (const audio of [sentence(), quiet(2)]) appendAudio(live.socket, audio)
  live.socket.send({ type: 'input_audio_buffer.commit' })
  await live.until('input_audio_buffer.committed', 2)
  expect(live.of('input_audio_buffer.speech_started')).toHaveLength(before)
  await update(live, detection({ type: 'semantic_vad', eagerness: 'high', create_response: false }))
  for (const audio of [sentence(), quiet(2)]) appendAudio(live.socket, audio)
  await live.until('input_audio_buffer.speech_started', before + 1)
  expect(live.errors).toEqual([])
}, 60_000)

describe('refuses, and leaves the session as it was,', () => {
  it.each([
    ['a language of another recognizer', { audio: { input: { transcription: { language: 'en' } } } }, 'unsupported_language'],
    ['other words to expect', { audio: { input: { transcription: { keywords: ['Vigía'] } } } }, 'invalid_value'],
    ['another input format', { audio: { input: { format: { type: 'audio/pcmu' } } } }, 'invalid_value'],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 'unsupported'],
    ['log probabilities', { include: ['item.input_audio_transcription.logprobs'] }, 'unsupported'],
    ['a conversation without end', { truncation: 'disabled' }, 'unsupported'],
    ['a function that is not there', { tool_choice: { type: 'function', name: 'bailar' } }, 'invalid_value'],
    ['an idle timeout that is too short', detection({ type: 'server_vad', idle_timeout_ms: 10 }), 'invalid_value'],
    ['an eagerness of its own', detection({ type: 'semantic_vad', eagerness: 'extreme' }), 'invalid_value'],
    ['a silence that is no number', detection({ type: 'server_vad', silence_duration_ms: 'long' }), 'invalid_value'],
  ])('%s', async (_name, change, code) => {
    using live = await connect()
    await update(live, { ...silent, audio: { input: { transcription: { model: 'whisper-1' } } } })
    appendAudio(live.socket, quiet(0.2))
    live.socket.send({ type: 'session.update', session: { type: 'realtime', ...change }, event_id: 'mine' } as never)
    await expect.poll(() => live.errors.length, { timeout: 30_000 }).toBe(1)
    expect(live.errors[0]!.error).toMatchObject({ code, event_id: 'mine' })
    const before = live.of('session.updated').at(-1)!.session
    await update(live, {})
    expect(live.of('session.updated').at(-1)!.session).toEqual(before)
  })
})

it('calls the function that must be called, and takes a longer prompt for a limit that was reached', async () => {
  using live = await connect()
  const tools = ['encender', 'apagar'].map((name) => ({ type: 'function', name, description: name, parameters: {} }))
  await update(live, { ...silent, tools, tool_choice: { type: 'function', name: 'apagar' } })
  llm.script({ text: 'Una respuesta demasiado', cut: true })
  live.say('Hola')
  live.socket.send({ type: 'response.create' })
  await live.until('response.done')
  expect(llm.requests.at(-1)).toMatchObject({ toolChoice: { name: 'apagar' }, tools: [{ name: 'apagar' }] })
  expect(live.of('response.done')[0]!.response).toMatchObject({
    status: 'incomplete',
    status_details: { type: 'incomplete', reason: 'max_output_tokens' },
  })
  await update(live, { tool_choice: 'auto' })
  live.socket.send({ type: 'response.create' })
  await live.until('response.done', 2)
  expect(llm.requests.at(-1)!.toolChoice).toBe('auto')
  expect(live.of('response.done')[1]!.response.status).toBe('completed')
})

it('speaks by itself after the silence that was set', async () => {
  using live = await connect()
  await update(live, { ...silent, ...detection({ type: 'server_vad', idle_timeout_ms: 5000 }) })
  live.say('Hola')
  live.socket.send({ type: 'response.create' })
  await live.until('response.done')
  await live.until('input_audio_buffer.timeout_triggered')
  const { item_id } = live.of('input_audio_buffer.timeout_triggered')[0]!
  expect(live.of('input_audio_buffer.committed').at(-1)).toMatchObject({ item_id })
  await live.until('response.done', 2)
  await update(live, detection({ type: 'server_vad', idle_timeout_ms: null }))
})

it('tells an item whose transcription failed', async () => {
  using live = await connect()
  await update(live, {
    ...silent,
    audio: { input: { transcription: { model: 'whisper-1' }, turn_detection: { type: 'server_vad', create_response: false } } },
  })
  failing = true
  for (const audio of [sentence(), quiet(2)]) appendAudio(live.socket, audio)
  await live.until('conversation.item.input_audio_transcription.failed')
  const [failed] = live.of('conversation.item.input_audio_transcription.failed')
  expect(failed).toMatchObject({ item_id: live.of('input_audio_buffer.speech_started')[0]!.item_id, content_index: 0 })
  expect(failed!.error.message).toContain('recognizer broke')
  expect(live.of('conversation.item.input_audio_transcription.completed')).toEqual([])
})

it('says who spoke where a model that tells speakers apart is asked for', async () => {
  using live = await connect()
  await update(live, {
    ...silent,
    audio: {
      input: {
        transcription: { model: 'gpt-4o-transcribe-diarize' },
        turn_detection: { type: 'server_vad', create_response: false },
      },
    },
  })
  for (const audio of [sentence(), quiet(2)]) appendAudio(live.socket, audio)
  await live.until('conversation.item.input_audio_transcription.segment')
  const [segment] = live.of('conversation.item.input_audio_transcription.segment')
  expect(segment).toMatchObject({ speaker: expect.any(String), text: expect.any(String), id: expect.any(String) })
  expect(segment!.end).toBeGreaterThan(segment!.start)
})
