import type { ConfigInput } from '../../src/config/schema.ts'
import type { Engines } from '../../src/engines/catalog.ts'
import { buzz, buzzTts, energyVad, type Placed, scriptedAsr } from '../../src/eval/live/scripted-engines.ts'
import { startTestServer } from './test-server.ts'

/** A server whose ears know the script: what is spoken into it is a buzz, and the recognizer writes what was meant. */

export type AssistantServer = Awaited<ReturnType<typeof startAssistantServer>>

const RATE = 16_000

/** @param engines - put in the place of others */
export async function startAssistantServer(config: ConfigInput = {}, engines: Partial<Engines> = {}) {
  const placed: Placed[] = []
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
    /** One utterance with silence around it, and the script for it. `startMs`: where it begins on the timeline. */
    say(text: string, startMs = 0): Uint8Array {
      const speech = buzz(text, RATE, 1)
      const before = (RATE * 300) / 1000
      const ms = (speech.length * 1000) / RATE
      placed.push({ text, startMs: startMs + 300, endMs: startMs + 300 + ms })
      const sound = new Int16Array(before + speech.length + RATE)
      sound.set(speech, before)
      return new Uint8Array(sound.buffer)
    },
    /** Forgets the script: for the next session. */
    clear(): void {
      placed.length = 0
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  })
}
