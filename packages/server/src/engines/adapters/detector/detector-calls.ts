import type { Sight } from './sight.ts'

/** The calls of the detector process. */
export type DetectorCalls = {
  look: { params: { jpeg: Uint8Array }; result: Sight }
}
