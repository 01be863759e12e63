import type { TurnJudge } from '../../turn-judge.ts'
import { completeness } from './rules.ts'

/** A turn judge that reads: no model, works with any recognizer. */
export function openTextJudge(): Promise<TurnJudge> {
  return Promise.resolve({
    id: 'text',
    model: 'rules',
    judge: async ({ text, language }, signal) => {
      signal.throwIfAborted()
      return completeness(text, language)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}
