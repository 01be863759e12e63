import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConfigMessage, type Observation, type Report, type ServerMessage, VigiaError } from '@vigia/protocol'
import WebSocket from 'ws'
import type { DemoPhoto } from './demo-photos.ts'

/** A phone, as the server sees it: audio over the socket at its pace, photos over HTTP in between. */

/** Audio per message, as phones send it. */
const CHUNK_MS = 100
/** Above this the socket is given time to drain. */
const MAX_BUFFERED_BYTES = 512 * 1024
/** The longest wait for the next sign of life while the report is made. */
const QUIET_MS = 120_000

export interface DemoStreamOptions {
  /** Of the server: `http://127.0.0.1:8000`. */
  url: string
  samples: Int16Array
  sampleRate: number
  photos: readonly DemoPhoto[]
  /** Times real time. */
  speed: number
  onMessage: (message: ServerMessage) => void
  onPhoto: (photo: DemoPhoto, answer: Observation | Error) => void
}

/** @returns the report, or null when the server gave none */
export async function streamDemo(options: DemoStreamOptions): Promise<Report | null> {
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}/ws/audio`, { perMessageDeflate: false })
  try {
    const conversation = new Conversation(socket, options.onMessage)
    await once(socket, 'open')
    const { sampleRate } = options
    socket.send(
      JSON.stringify({
        type: 'config',
        sample_rate: sampleRate,
        client: { name: 'vigia demo', mic: 'phone' },
      } satisfies Partial<ConfigMessage>),
    )
    const sessionId = await conversation.opened
    const photos = await sendRecording(socket, sessionId, options)
    socket.send(JSON.stringify({ type: 'end_of_stream' }))
    await Promise.all(photos)
    return await conversation.report
  } finally {
    socket.terminate()
  }
}

/** What the server says, and the two moments that are waited for. */
class Conversation {
  readonly opened: Promise<string>
  /** Null when the connection ended, or stayed quiet too long, without a report. */
  readonly report: Promise<Report | null>

  constructor(socket: WebSocket, onMessage: (message: ServerMessage) => void) {
    const opened = Promise.withResolvers<string>()
    const report = Promise.withResolvers<Report | null>()
    this.opened = opened.promise
    this.report = report.promise
    opened.promise.catch(() => {})
    const quiet = setTimeout(() => report.resolve(null), QUIET_MS)
    const end = (): void => {
      clearTimeout(quiet)
      opened.reject(new VigiaError('aborted', 'The connection ended before the session was open.'))
      report.resolve(null)
    }
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      quiet.refresh()
      const message = JSON.parse(String(data)) as ServerMessage
      onMessage(message)
      if (message.type === 'config_ack') opened.resolve(message.session_id)
      if (message.type === 'analysis') report.resolve(message.report)
    })
    socket.on('close', end)
    socket.on('error', end)
    report.promise.finally(() => clearTimeout(quiet)).catch(() => {})
  }
}

/** Sends the audio at its pace; resolves with the photos still on their way. */
async function sendRecording(socket: WebSocket, sessionId: string, options: DemoStreamOptions): Promise<Promise<void>[]> {
  const { samples, sampleRate, speed } = options
  const size = Math.round((sampleRate * CHUNK_MS) / 1000)
  const waiting = [...options.photos]
  const photos: Promise<void>[] = []
  const begun = performance.now()
  for (let at = 0; at < samples.length; at += size) {
    const streamMs = (at / sampleRate) * 1000
    const early = begun + streamMs / speed - performance.now()
    if (early > 0) await sleep(early)
    while (socket.bufferedAmount > MAX_BUFFERED_BYTES) await sleep(20)
    if (socket.readyState !== WebSocket.OPEN) break
    while (waiting[0] && waiting[0].atMs <= streamMs) photos.push(sendPhoto(waiting.shift()!, sessionId, options))
    const chunk = samples.subarray(at, at + size)
    socket.send(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
  return photos
}

async function sendPhoto(photo: DemoPhoto, sessionId: string, { url, onPhoto }: DemoStreamOptions): Promise<void> {
  const form = new FormData()
  form.append('session_id', sessionId)
  form.append('timestamp', new Date().toISOString())
  form.append('file', new Blob([new Uint8Array(photo.jpeg)], { type: 'image/jpeg' }), photo.name)
  try {
    const answer = await fetch(`${url}/vision/frame`, { method: 'POST', body: form })
    const body = (await answer.json()) as Observation & { error?: { message: string } }
    onPhoto(photo, answer.ok ? body : new Error(body.error?.message ?? answer.statusText))
  } catch (error) {
    onPhoto(photo, error as Error)
  }
}
