import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { openApp } from '../../packages/server/src/app.ts'
import { ConfigSchema } from '../../packages/server/src/config/schema.ts'
import type { AsrEvent } from '../../packages/server/src/engines/asr.ts'
import type { Engines } from '../../packages/server/src/engines/catalog.ts'
import type { Llm } from '../../packages/server/src/engines/llm.ts'
import { buzz, buzzTts, energyVad, type Placed, scriptedAsr } from '../../packages/server/src/eval/live/scripted-engines.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { percentile } from '../lib/stats.ts'

/**
 * Our share of the time from the end of speech to the first sound of the answer, beside other live sessions. The engines answer at
 * once, so that what is left is ours: socket, decoding, endpointing, turn core, fragments, pacing, and everything on disk meanwhile.
 * The endpoint wait is a setting and stands apart. The clients run in the same process, which costs us.
 */
export const answers: Row = {
  name: 'answers',
  title: "The assistant's own share of the way from the end of speech to the first sound",
  async run(context) {
    const counts = context.by({ smoke: [2], short: [0, 20], full: [0, 20, 50, 100] })
    const figures: Figure[] = []
    for (const others of counts) figures.push(...(await measure(context, others)))
    return figures
  },
}

const QUESTION = 'qué hora es ahora mismo'
const RATE = 16_000
const CHUNK = RATE / 10

const instantLlm: Llm = {
  id: 'instant',
  model: 'script',
  capabilities: { contextTokens: 8192, images: false, audio: false, tools: false, json: 'none' },
  countTokens: async (text) => text.length,
  async *generate() {
    yield { type: 'text', text: 'Son las tres.' }
    yield { type: 'done', finish: 'stop', usage: { inputTokens: 1, outputTokens: 3 } }
  },
  [Symbol.asyncDispose]: async () => {},
}

async function measure(context: RowContext, others: number): Promise<Figure[]> {
  const config = ConfigSchema.parse({
    port: 0,
    profile: 'embedded',
    dataDir: path.join(context.dir, `answers-${others}`),
    models: { watchMs: 0, fetch: 'never' },
    log: { sessionStatsMs: 0 },
    overload: { maxListening: 200 },
  })
  // the question stands everywhere: whatever was heard is the question
  const placed: Placed[] = [{ text: QUESTION, startMs: 0, endMs: 1 }]
  const everywhere = scriptedAsr(() => placed)
  const asr = { ...everywhere, transcribe: alwaysTheQuestion }
  const wrapEngines = (engines: Engines): Engines =>
    Object.create(engines, {
      vad: { value: energyVad },
      liveAsr: { value: asr },
      tts: { value: buzzTts },
      llm: { value: instantLlm },
    }) as Engines
  await using app = await openApp(config, { log: pino({ level: 'silent' }), wrapEngines })
  const stop = new AbortController()
  const noise = Array.from({ length: others }, () => listener(app.url, stop.signal))
  const turns = context.by({ smoke: 1, short: 10, full: 40 })
  const talkers = await Promise.all(Array.from({ length: 4 }, () => talker(app.url, turns)))
  stop.abort()
  await Promise.all(noise)
  const own = talkers.flat().map(({ total, turnEnd }) => (total - turnEnd) * 1000)
  const wait = talkers.flat().map(({ turnEnd }) => turnEnd * 1000)
  const where = `beside ${others} other live sessions, ${own.length} answers`
  return [
    figure(`own share, p50, ${where}`, percentile(own, 0.5), 30),
    figure(`own share, p99, ${where}`, percentile(own, 0.99), 100),
    {
      what: `endpoint wait, p50, ${where}`,
      unit: 'ms',
      ours: percentile(wait, 0.5),
      better: 'less',
      note: 'assistant.minDelayMs is 500',
    },
  ]
}

const figure = (what: string, ours: number, max: number): Figure => ({
  what,
  unit: 'ms',
  ours,
  better: 'less',
  goal: { of: 'ours', max },
})

/** Any utterance is the question, known as soon as it is over. */
async function* alwaysTheQuestion(audio: AsyncIterable<{ samples: Int16Array; startMs: number }>): AsyncGenerator<AsrEvent> {
  let startMs = 0
  for await (const chunk of audio) {
    if (startMs === 0) yield { type: 'interim', text: QUESTION, startMs: chunk.startMs, endMs: chunk.startMs, confirmedChars: 0 }
    startMs ||= chunk.startMs
  }
  yield { type: 'final', text: QUESTION, words: [], startMs, endMs: startMs + 1000 }
}

interface Turn {
  total: number
  turnEnd: number
}

async function open(url: string, config: object): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/audio`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.send(JSON.stringify({ type: 'config', analyze: false, diarize: false, ...config }))
  return socket
}

/** Speaks for ever, in real time. */
async function listener(url: string, signal: AbortSignal): Promise<void> {
  const socket = await open(url, { mode: 'transcribe' })
  const speech = buzz(QUESTION, RATE, 1)
  for (let at = 0; !signal.aborted; at = (at + CHUNK) % (speech.length * 2)) {
    socket.send(at < speech.length ? speech.slice(at, at + CHUNK) : new Int16Array(CHUNK))
    await sleep(100)
  }
  socket.terminate()
}

/** Asks, waits for the answer, asks again. */
async function talker(url: string, turns: number): Promise<Turn[]> {
  const socket = await open(url, { mode: 'assistant', events: ['decisions'], client: { aec: 'active' } })
  const done: Turn[] = []
  socket.on('message', (data, isBinary) => {
    if (isBinary) return
    const message = JSON.parse(String(data)) as { type: string; total: number; parts: { turn_end: number | null } }
    if (message.type === 'turn_trace') done.push({ total: message.total, turnEnd: message.parts.turn_end ?? 0 })
  })
  const speech = buzz(QUESTION, RATE, 1)
  for (let turn = 0; turn < turns; turn += 1) {
    for (let at = 0; at < speech.length; at += CHUNK) {
      socket.send(speech.slice(at, at + CHUNK))
      await sleep(100)
    }
    for (let waited = 0; done.length <= turn && waited < 80; waited += 1) {
      socket.send(new Int16Array(CHUNK))
      await sleep(100)
    }
    for (let i = 0; i < 10; i += 1) {
      socket.send(new Int16Array(CHUNK))
      await sleep(100)
    }
  }
  socket.terminate()
  return done
}
