import type { GoogleGenAI, LiveConnectConfig, LiveServerMessage } from '@google/genai'
import { expect } from 'vitest'

/** A name that apps have built in. */
export const LIVE_MODEL = 'gemini-2.5-flash-native-audio-preview-12-2025'

/** A Live session by the official client, and everything that came in it. */
export async function connectLive(client: GoogleGenAI, config: LiveConnectConfig) {
  const messages: LiveServerMessage[] = []
  const closes: { code: number; reason: string }[] = []
  const session = await client.live.connect({
    model: LIVE_MODEL,
    config,
    callbacks: {
      onmessage: (message) => void messages.push(message),
      onclose: ({ code, reason }) => void closes.push({ code, reason }),
    },
  })
  const until = (condition: () => boolean) =>
    expect.poll(condition, { timeout: 30_000, interval: 20, message: JSON.stringify(messages).slice(0, 1500) }).toBe(true)
  const turns = () => messages.filter(({ serverContent }) => serverContent?.turnComplete).length
  const text = () => messages.map(({ serverContent }) => serverContent?.modelTurn?.parts?.[0]?.text ?? '').join('')
  return { session, messages, closes, until, turns, text, [Symbol.dispose]: () => session.close() }
}

/** The one key of each message, of `serverContent` the first below. */
export const kinds = (messages: readonly LiveServerMessage[]): string[] =>
  messages.map((message) => {
    const [key] = Object.keys(message)
    return key === 'serverContent' ? Object.keys(message.serverContent!)[0]! : key!
  })

/** Speech in pieces of 200 ms. */
export function say(session: Awaited<ReturnType<typeof connectLive>>['session'], pcm: Uint8Array): void {
  const bytes = Buffer.from(pcm)
  for (let at = 0; at < bytes.length; at += 6400) {
    session.sendRealtimeInput({
      audio: { mimeType: 'audio/pcm;rate=16000', data: bytes.subarray(at, at + 6400).toString('base64') },
    })
  }
}
