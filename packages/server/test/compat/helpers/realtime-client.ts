import net from 'node:net'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime'
import { expect } from 'vitest'
import { resample } from '../../../src/media/resample.ts'
import { int16ToBytes } from '../../../src/media/sample-format.ts'
import { fixtureSamples } from '../../helpers/audio.ts'

/** The official Realtime class against a server of a test, over plain http by the documented option. */
export async function connectRealtime({ url, port }: { url: string; port: number }, model = 'gpt-realtime') {
  const client = new OpenAI({ apiKey: 'anything', baseURL: `${url}/v1` })
  const options = { createConnection: () => net.connect(port, '127.0.0.1') } as never
  const socket = new OpenAIRealtimeWS({ model, options }, client)
  const events: RealtimeServerEvent[] = []
  const errors: { error: { code?: string; param?: string; event_id?: string; message: string } }[] = []
  socket.on('event', (event) => void events.push(event))
  socket.on('error', (error) => void errors.push(error as never))
  const of = <T extends RealtimeServerEvent['type']>(type: T) =>
    events.filter((event): event is Extract<RealtimeServerEvent, { type: T }> => event.type === type)
  const until = async (type: RealtimeServerEvent['type'], count = 1) => {
    await expect
      .poll(() => events.filter((event) => event.type === type).length, {
        timeout: 30_000,
        interval: 20,
        message: `${type} in ${events.map((e) => e.type).join(' ')} ${JSON.stringify(errors)}`,
      })
      .toBeGreaterThanOrEqual(count)
  }
  /** A message of the user, without asking for an answer. */
  const say = (text: string, more: object = {}): void =>
    socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
      ...more,
    })
  await until('session.created')
  return { socket, events, errors, of, until, say, [Symbol.dispose]: () => socket.close() }
}

/** Part of a recording at the rate of Realtime, seconds. */
export function speechOf(name: string, fromS = 0, toS = Number.POSITIVE_INFINITY): Buffer {
  const samples = fixtureSamples(name).slice(fromS * 16_000, Math.min(toS * 16_000, 1e9))
  return Buffer.from(int16ToBytes(resample(samples, 16_000, 24_000)))
}

/** One sentence of the dialogue, without a pause inside. */
export const sentence = (): Buffer => speechOf('es-dialogo', 32.45, 36.25)

/** Something that is plainly said to the assistant. */
export const question = (): Buffer => speechOf('es-dialogo', 14.1, 15.9)

export const quiet = (seconds: number): Buffer => Buffer.alloc(Math.round(24_000 * seconds) * 2)

export function appendAudio(socket: OpenAIRealtimeWS, pcm: Buffer): void {
  for (let at = 0; at < pcm.length; at += 9600)
    socket.send({ type: 'input_audio_buffer.append', audio: pcm.subarray(at, at + 9600).toString('base64') })
}

export const typesOf = (events: readonly RealtimeServerEvent[]): string[] => events.map(({ type }) => type)
