import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { AdapterContext } from '../../catalog.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { retryOnce } from '../../host/retry-once.ts'
import { verifyFile } from '../../host/verify-file.ts'
import type { TurnJudge } from '../../turn-judge.ts'
import { modelOf } from '../sherpa/open-installed.ts'
import { completeness } from '../text-judge/rules.ts'
import type { SmartTurnCalls } from './calls.ts'

/** The turn judge that listens: a Smart Turn model on onnxruntime in a process of its own. */

export interface SmartTurnOptions {
  modelPath: string
  model: string
  threads?: number
  onDeath?: (death: EngineDeath) => void
}

/** The answer is of use for so long; after it the longest wait ends the turn anyway. */
const DEADLINE_MS = 2000
const MAX_SAMPLES = 128_000

/** @throws VigiaError `model_not_found`, `model_invalid`, `engine_unavailable` */
export async function openSmartTurn({ modelPath, model, threads = 1, onDeath }: SmartTurnOptions): Promise<TurnJudge> {
  await verifyFile(modelPath, {})
  const engine = await startEngineProcess<SmartTurnCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: `turn judge ${model}`,
    load: { method: 'load', params: { modelPath, threads } },
    ...(onDeath ? { onDeath } : {}),
  })
  return {
    id: 'smart-turn',
    model,
    async judge({ audio, text, language }, signal) {
      // a dangling "and the" is unfinished however it sounds
      if (text !== '' && completeness(text, language) <= 0.2) return 0.2
      const samples = audio.samples.subarray(Math.max(0, audio.samples.length - MAX_SAMPLES))
      return retryOnce(() => engine.call('judge', { samples }, { deadlineMs: DEADLINE_MS, signal }))
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

/** `{ adapter: "smart-turn", model: ID }`. @throws VigiaError `config_invalid`, `model_not_found` */
export async function openInstalledSmartTurn(settings: EngineConfig, { models, onDeath }: AdapterContext): Promise<TurnJudge> {
  const { entry, parts } = await models.find(modelOf(settings))
  if (!parts.model) throw new VigiaError('config_invalid', `Model "${entry.id}" is no turn judge.`)
  return openSmartTurn({ modelPath: parts.model, model: entry.id, onDeath })
}
