import { createRequire } from 'node:module'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { verifyFile } from '../../host/verify-file.ts'
import type { Vad } from '../../vad.ts'
import { VadBatcher } from './batcher.ts'
import type { SileroCalls } from './calls.ts'

/** Silero VAD v6 (MIT) on onnxruntime-node in a process of its own; one model serves all streams in batches. */

/** The file in `@ricky0123/vad-web` 0.0.31, byte-identical to the publisher's. */
const SILERO_V6 = { bytes: 2_327_524, sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3' }

/** A batch is at most 64 streams of 32 windows: about 3 s on one slow core. */
const SCORE_DEADLINE_MS = 20_000

export interface SileroOptions {
  /** Another v5 or v6 file; the default is verified by checksum. */
  modelPath?: string
  threads?: number
  onDeath?: (death: EngineDeath) => void
}

/**
 * Loads the voice detector.
 *
 * @throws VigiaError `model_not_found`, `model_invalid`, `engine_unavailable` when onnxruntime-node is not installed
 */
export async function openSileroVad({ modelPath, threads = 1, onDeath }: SileroOptions = {}): Promise<Vad> {
  const path = modelPath ?? createRequire(import.meta.url).resolve('@ricky0123/vad-web/dist/silero_vad_v6.onnx')
  await verifyFile(path, modelPath ? {} : SILERO_V6)
  const process = await startEngineProcess<SileroCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: 'silero-vad',
    load: { method: 'load', params: { modelPath: path, threads } },
    ...(onDeath ? { onDeath } : {}),
  })
  const batcher = new VadBatcher(
    (batch) => process.call('score', batch, { deadlineMs: SCORE_DEADLINE_MS }),
    (deaths) => process.forgive(deaths),
  )
  return {
    id: 'silero',
    model: modelPath ? 'silero-vad' : 'silero-vad-v6',
    open: () => batcher.open(),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  }
}
