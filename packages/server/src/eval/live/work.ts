import type { Asr } from '../../engines/asr.ts'
import type { Llm } from '../../engines/llm.ts'
import type { Tts } from '../../engines/tts.ts'

/** What engines are working on: a virtual clock stands still meanwhile, so that their speed does not matter. */
export class Work {
  #busy = 0

  /** Pulls of engines' results that are under way, less those that wait for more sound. */
  get busy(): number {
    return this.#busy
  }

  llm(llm: Llm): Llm {
    return {
      ...kept(llm),
      capabilities: llm.capabilities,
      countTokens: (text) => llm.countTokens(text),
      generate: (request, signal) => this.#pulled(llm.generate(request, signal)),
    }
  }

  tts(tts: Tts): Tts {
    return { ...kept(tts), voices: tts.voices, synthesize: (request, signal) => this.#pulled(tts.synthesize(request, signal)) }
  }

  /** A recognizer that waits for sound is at rest. */
  asr(asr: Asr): Asr {
    return {
      ...kept(asr),
      capabilities: asr.capabilities,
      transcribe: (audio, options, signal) => {
        const state = { pulling: false, listening: false }
        const change = (patch: Partial<typeof state>): void => {
          const before = state.pulling && !state.listening
          Object.assign(state, patch)
          this.#busy += Number(state.pulling && !state.listening) - Number(before)
        }
        const sound = watched(audio, (listening) => change({ listening }))
        return watched(asr.transcribe(sound, options, signal), (pulling) => change({ pulling }))
      },
    }
  }

  #pulled<T>(stream: AsyncIterable<T>): AsyncIterable<T> {
    return watched(stream, (pulling) => {
      this.#busy += pulling ? 1 : -1
    })
  }
}

/** The engine stays whose it is. */
const kept = ({ id, model }: { id: string; model: string }) => ({
  id,
  model,
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

/** The same stream, told when a pull begins and ends. */
async function* watched<T>(stream: AsyncIterable<T>, onPull: (pulling: boolean) => void): AsyncIterable<T> {
  const iterator = stream[Symbol.asyncIterator]()
  try {
    for (;;) {
      onPull(true)
      const next = await Promise.resolve(iterator.next()).finally(() => onPull(false))
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
