import type { VadBatch, VadScores } from './batch.ts'

/** The calls of the Silero engine process. */
export type SileroCalls = {
  load: { params: { modelPath: string; threads: number }; result: undefined }
  score: { params: VadBatch; result: VadScores }
}
