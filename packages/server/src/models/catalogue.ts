import { VigiaError } from '@vigia/protocol'
import { ASR_MODELS } from './entries/asr.ts'
import { LLM_MODELS } from './entries/llm.ts'
import { SPEAKER_MODELS } from './entries/speakers.ts'
import { SPEECH_MODELS } from './entries/speech.ts'
import { TTS_MODELS } from './entries/tts.ts'
import { VLM_MODELS } from './entries/vlm.ts'
import { ModelEntry } from './manifest.ts'

/** The models that Vigía knows by name. */
export const CATALOGUE: readonly ModelEntry[] = [
  ...SPEECH_MODELS,
  ...ASR_MODELS,
  ...SPEAKER_MODELS,
  ...TTS_MODELS,
  ...LLM_MODELS,
  ...VLM_MODELS,
].map((entry) => ModelEntry.parse(entry))

/** @throws VigiaError `model_not_found` */
export function entryOf(id: string, catalogue: readonly ModelEntry[] = CATALOGUE): ModelEntry {
  const entry = catalogue.find((known) => known.id === id)
  if (entry) return entry
  throw new VigiaError('model_not_found', `There is no model "${id}" in the catalogue.`, {
    hint: '"vigia models list" shows all; for a model of your own see docs/bring-your-own-model.md.',
  })
}
