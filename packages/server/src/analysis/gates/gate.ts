import type { ExcludedReason } from '@vigia/protocol'
import { isBoilerplate } from './boilerplate.ts'
import { isLoop } from './repetition.ts'

/** What a recognizer made up: marked with a reason and kept, so that a person can see it; the report leaves it out. */

interface Heard {
  text: string
  startMs: number
  endMs: number
  excluded?: ExcludedReason
}

/** Why this text does not count; undefined when it does. */
export function exclusionOf({ text, startMs, endMs }: Heard): ExcludedReason | undefined {
  if (isBoilerplate(text)) return 'boilerplate'
  return isLoop(text, endMs - startMs) ? 'repetition' : undefined
}

/** The transcription, marked; what the recognizer itself said of it stays. */
export function gated<T extends Heard>(heard: T): T {
  if (heard.excluded || heard.text.trim() === '') return heard
  const excluded = exclusionOf(heard)
  return excluded ? { ...heard, excluded } : heard
}
