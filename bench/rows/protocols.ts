import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { startVigia } from '../lib/processes.ts'
import { dialogue } from '../lib/recordings.ts'
import type { Row, RowContext } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { cpuMs } from '../lib/usage.ts'

/** The same conversation through each protocol: what the gateway spends on translating another API's messages. */
export const protocols: Row = {
  name: 'protocols',
  title: "Other APIs: the gateway's CPU beside the native protocol, live text on",
  async run(context) {
    const measure = (client: Client) => async (): Promise<Sample> => await load(context, client)
    const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), {
      native: measure(NATIVE),
      deepgram: measure(DEEPGRAM),
      openai: measure(OPENAI),
      gemini: measure(GEMINI),
    })
    const others = {
      deepgram: 'Deepgram, binary',
      openai: 'OpenAI realtime, base64 in JSON',
      gemini: 'Gemini live, base64 in JSON',
    } as const
    return (Object.keys(others) as (keyof typeof others)[]).map((name) => ({
      what: `${others[name]}: CPU per second of audio`,
      unit: 'ms',
      better: 'less' as const,
      ours: middle(samples[name], 'msPerS'),
      than: { name: 'native protocol', value: middle(samples.native, 'msPerS') },
      ...ratioOf(samples[name], samples.native, 'msPerS'),
    }))
  },
}

/** How a client of an API opens, and how it sends 100 ms. */
interface Client {
  path: string
  open?: object
  /** Null: as a binary message. */
  wrap: ((base64: string) => object) | null
}

const NATIVE: Client = { path: '/ws/audio', open: { type: 'config', diarize: false, analyze: false }, wrap: null }
const DEEPGRAM: Client = { path: '/v1/listen?encoding=linear16&sample_rate=16000&interim_results=true&language=es', wrap: null }
const OPENAI: Client = {
  path: '/v1/realtime?intent=transcription',
  open: {
    type: 'session.update',
    session: {
      type: 'transcription',
      audio: { input: { format: { type: 'audio/pcm', rate: 24_000 }, transcription: { language: 'es' } } },
    },
  },
  wrap: (audio) => ({ type: 'input_audio_buffer.append', audio }),
}
const GEMINI: Client = {
  path: '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent',
  open: { setup: { model: 'models/vigia', generationConfig: { responseModalities: ['TEXT'] }, inputAudioTranscription: {} } },
  wrap: (data) => ({ realtimeInput: { audio: { data, mimeType: 'audio/pcm;rate=16000' } } }),
}

async function load({ by, dir }: RowContext, client: Client): Promise<Sample> {
  const sessions = by({ smoke: 2, short: 6, full: 8 })
  const seconds = by({ smoke: 3, short: 10, full: 30 })
  await using server = await startVigia(await mkdtemp(path.join(dir, 'protocols-')))
  const sockets = await Promise.all(Array.from({ length: sessions }, () => connect(server.url, client)))
  const audio = dialogue()
  await stream(sockets, client, audio, 2)
  const before = cpuMs(server.pid)
  await stream(sockets, client, audio, seconds)
  const msPerS = (cpuMs(server.pid) - before) / seconds / sessions
  const gone = sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN).length
  for (const socket of sockets) socket.terminate()
  if (gone > 0) throw new Error(`${client.path}: ${gone} of ${sessions} sockets were closed`)
  return { msPerS }
}

async function connect(url: string, { path: route, open }: Client): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${route}`, { perMessageDeflate: false })
  socket.on('message', () => {})
  await once(socket, 'open')
  if (open) socket.send(JSON.stringify(open))
  return socket
}

async function stream(sockets: readonly WebSocket[], { wrap }: Client, audio: Uint8Array, seconds: number): Promise<void> {
  const begin = performance.now()
  for (let chunk = 0; chunk < seconds * 10; chunk += 1) {
    await sleep(Math.max(0, begin + chunk * 100 - performance.now()))
    for (const [index, socket] of sockets.entries()) {
      const at = ((chunk + index * 37) * 3200) % audio.length
      const bytes = audio.subarray(at, at + 3200)
      socket.send(wrap ? JSON.stringify(wrap(Buffer.from(bytes).toString('base64'))) : bytes)
    }
  }
}
