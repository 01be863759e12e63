import type { Asr, AsrEvent } from '../../src/engines/asr.ts'
import type { Vision } from '../../src/engines/vision.ts'
import { slowAsr } from '../overload/slow-engine.ts'

/** Engines that say the canary word in every place where they may say something, and in their errors. */

/** Every second utterance fails, with the word in the error. */
export function canaryAsr(canary: string): Asr {
  let utterances = 0
  return {
    ...slowAsr(null, 0),
    model: 'canary',
    async *transcribe(audio, options, signal): AsyncIterable<AsrEvent> {
      utterances += 1
      if (utterances % 2 === 0) throw new Error(`could not hear ${canary}`, { cause: new Error(canary) })
      yield { type: 'interim', text: canary, startMs: 0, endMs: 100, confirmedChars: 0 }
      for await (const event of slowAsr(null, 0).transcribe(audio, options, signal)) {
        if (event.type === 'final') yield { ...event, text: `Hay que llamar a ${canary} mañana.` }
      }
    },
  }
}

/** Every second photo fails. */
export function canaryVision(canary: string): Vision {
  let photos = 0
  return {
    id: 'canary',
    model: 'canary',
    method: 'model',
    async describe() {
      photos += 1
      if (photos % 2 === 0) throw new Error(`could not see ${canary}`)
      return {
        description: canary,
        people: [],
        objects: [canary],
        text_visible: [canary],
        surroundings: canary,
        activities: [],
        dangers: [{ what: canary, why: canary, where: canary, severity: 'high', certainty: 'high' }],
        suggestions: [canary],
        uncertain: [],
      } as never
    },
    async [Symbol.asyncDispose]() {},
  }
}
