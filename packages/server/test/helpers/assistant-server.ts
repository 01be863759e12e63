import type { ConfigInput } from '../../src/config/schema.ts'
import type { Engines } from '../../src/engines/catalog.ts'
import { buzz, buzzTts, energyVad, type Placed, scriptedAsr } from '../../src/eval/live/scripted-engines.ts'
import { startTestServer } from './test-server.ts'

/** A server whose ears know the script: what is spoken into it is a buzz, and the recognizer writes what was meant. */

export type AssistantServer = Awaited<ReturnType<typeof startAssistantServer>>

const RATE = 16_000
/** Silence around an utterance. */
const BEFORE_MS = 300
const AFTER_MS = 1000

/** @param engines - put in the place of others */
export async function startAssistantServer(config: ConfigInput = {}, engines: Partial<Engines> = {}) {
  const placed: Placed[] = []
  let atMs = 0
  const asr = scriptedAsr(() => placed)
  const app = await startTestServer(
    { models: { watchMs: 0, fetch: 'never' }, ...config },
    {
      wrapEngines: (own) =>
        Object.create(
          own,
          Object.fromEntries(
            Object.entries({ vad: energyVad, liveAsr: asr, finalAsr: asr, tts: buzzTts, ...engines }).map(([port, engine]) => [
              port,
              { value: engine },
            ]),
          ),
        ) as Engines,
    },
  )
  return Object.assign(Object.create(app) as typeof app, {
    /** Silence, for the stream of the session that is played. */
    quiet(ms: number): Uint8Array {
      atMs += ms
      return new Uint8Array(ms * 2 * (RATE / 1000))
    },
    /** One utterance with silence around it, behind what was made before; the recognizer will write these words. */
    say(text: string): Uint8Array {
      const speech = buzz(text, RATE, 1)
      const startMs = atMs + BEFORE_MS
      const endMs = startMs + (speech.length * 1000) / RATE
      placed.push({ text, startMs, endMs })
      atMs = endMs + AFTER_MS
      const sound = new Int16Array(((BEFORE_MS + AFTER_MS) * RATE) / 1000 + speech.length)
      sound.set(speech, (BEFORE_MS * RATE) / 1000)
      return new Uint8Array(sound.buffer)
    },
    /** Forgets the script: another session begins. */
    clear(): void {
      placed.length = 0
      atMs = 0
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  })
}
