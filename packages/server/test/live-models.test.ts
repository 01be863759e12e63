import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConfigInput, ConfigSchema } from '../src/config/schema.ts'
import {
  type ChatBody,
  type FakeChatServer,
  fakeChatServer,
} from '../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import type { Engines } from '../src/engines/catalog.ts'
import { runScenarios } from '../src/eval/live/run.ts'
import { readScenarios, type Scenario } from '../src/eval/live/scenario.ts'
import { energyVad } from '../src/eval/live/scripted-engines.ts'
import { type SpeechService, startSpeechService } from './helpers/speech-service.ts'

/** The lane `models`: what the configuration names, here services that stand for real models. */

const all = await readScenarios(path.join(import.meta.dirname, 'scenarios'))
const named = (...names: string[]): Scenario[] => all.filter(({ name }) => names.includes(name))

let speech: SpeechService
let chat: FakeChatServer
let config: ConfigInput
beforeAll(async () => {
  speech = await startSpeechService()
  chat = await fakeChatServer({ answer: (body) => answerTo(body).split(/(?<= )/u) })
  const asr = { adapter: 'openai', baseUrl: speech.url, model: 'whisper-1' }
  config = {
    profile: 'embedded',
    engines: {
      asr: { live: asr, final: asr },
      llm: { adapter: 'openai', baseUrl: chat.url, tools: false },
      tts: { adapter: 'openai', baseUrl: speech.url, voice: 'nova' },
    },
  }
})
afterAll(async () => {
  await speech[Symbol.asyncDispose]()
  await chat[Symbol.asyncDispose]()
})

/** A model with words of its own; it judges who was addressed where it is asked for JSON. */
function answerTo({ messages, response_format }: ChatBody): string {
  if (response_format) return '{"addressed": false}'
  const asked = JSON.stringify(messages.at(-1)!.content)
  if (/hora|time/.test(asked)) return 'Ahora mismo son las cuatro y media.'
  return 'De eso hay mucho que contar. Lo primero es que nadie lo esperaba. Lo segundo llegó bastante más tarde de lo previsto.'
}

const run = (scenarios: readonly Scenario[], engines: ConfigInput = config) =>
  runScenarios(scenarios, {
    lanes: ['models'],
    // tones are no speech to the real detector
    models: {
      config: ConfigSchema.parse(engines),
      wrapEngines: (own) => Object.create(own, { vad: { value: energyVad } }) as Engines,
    },
  })

describe('the lane "models"', () => {
  it('plays scenarios with the engines that are configured, and takes their words as they come', {
    timeout: 90_000,
  }, async () => {
    const scenarios = named('es interrupción con palabras', 'es dos preguntas seguidas', 'en talk between other people')
    const outcomes = await run(scenarios)
    expect(outcomes.map(({ status, complaints }) => [status, ...complaints])).toEqual([['passed'], ['passed'], ['passed']])
    expect(speech.spoken).toContain('qué tareas tengo mañana')
    expect(speech.spoken).toContain('Ahora mismo son las cuatro y media.')
    expect(outcomes.find(({ scenario }) => scenario.includes('interrupción'))?.facts?.stopMs).toBeLessThanOrEqual(150)
  })

  it('fails what does not behave', { timeout: 60_000 }, async () => {
    const [question] = named('es pregunta y respuesta')
    const outcomes = await run([{ ...question!, expect: { ignored: ['not_addressed'], done: 3 } }])
    expect(outcomes).toMatchObject([{ status: 'failed' }])
    expect(outcomes[0]?.complaints.join()).toMatch(/ignored: expected.*done: expected 3, got 1/)
  })

  it('skips what hangs on a script, and says why', { timeout: 60_000 }, async () => {
    const scripted = named('es el modelo se cuelga', 'es la voz muere y se escribe', 'es herramienta lenta avisa de viva voz')
    expect((await run(scripted)).map(({ status, complaints }) => [status, ...complaints])).toEqual([
      ['skipped', 'its script says when a tool is called'],
      ['skipped', 'its script makes an engine fail'],
      ['skipped', 'its script makes an engine fail'],
    ])
  })

  it('is skipped where models are missing, and names them', { timeout: 60_000 }, async () => {
    const outcomes = await run(named('es pregunta y respuesta', 'en cough'), { profile: 'embedded' })
    expect(outcomes.map(({ status }) => status)).toEqual(['skipped', 'skipped'])
    expect(outcomes[0]?.complaints.join()).toMatch(/demo model; no language model; no voice model.*vigia doctor/)
  })
})
