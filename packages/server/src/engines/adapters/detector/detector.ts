import { VigiaError } from '@vigia/protocol'
import { type Clock, systemClock } from '../../../std/clock.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import { retryOnce } from '../../host/retry-once.ts'
import type { Vision } from '../../vision.ts'
import { composeObservation } from './compose.ts'
import type { DetectorCalls } from './detector-calls.ts'
import { IdleEngine } from './idle-engine.ts'
import { installedParts } from './installed.ts'
import { SIGHT_PARTS, type Sight } from './sight.ts'

/** A photo full of text takes 2 s on two busy cores; the first one loads the models besides. */
const DEADLINE_MS = 30_000

export interface DetectorOptions {
  /** The process is ended after this time without photos; it holds half a gigabyte. */
  idleMs?: number
  clock?: Clock
  /** Told of each death of the detector process, for the log. */
  onDeath?: (death: EngineDeath) => void
  /** Looks at a JPEG; the detector process by default. */
  look?: (jpeg: Uint8Array, signal: AbortSignal) => Promise<Sight>
}

/**
 * Vision without a vision model: people and objects (80 classes), text, QR and barcodes, in a process of its own that is started
 * at the first photo and ended when idle. Parts whose optional packages are missing are left out, and the observation says which.
 */
export function openDetectorVision({ idleMs = 300_000, clock = systemClock, onDeath, look }: DetectorOptions = {}): Vision {
  const host = new IdleEngine(() => startDetector(onDeath), idleMs, clock)
  const lookInProcess = (jpeg: Uint8Array, signal: AbortSignal): Promise<Sight> =>
    host.use((engine) => retryOnce(() => engine.call('look', { jpeg }, { deadlineMs: DEADLINE_MS, signal })))
  const see = look ?? lookInProcess
  return {
    id: 'detector',
    model: 'CenterNet + PP-OCRv4 + ZXing',
    method: 'detector',
    note: 'Automatic detectors (80 classes of objects, text, codes), no vision model: no actions, relations or most dangers.',
    async describe({ images, language, prompt, measured }, signal) {
      signal.throwIfAborted()
      const [sharpest] = images
      if (!sharpest) throw new VigiaError('vision_failed', 'Expected a photo, got none.')
      const sight = await see(sharpest, signal)
      if (sight.missing.length === SIGHT_PARTS.length) throw noParts()
      return composeObservation(sight, { language, prompt, measured })
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

/**
 * The same, or an error where none of its parts is installed, so that another engine is chosen.
 *
 * @throws VigiaError `engine_unavailable`
 */
export async function openInstalledDetector(options: DetectorOptions = {}): Promise<Vision> {
  if (installedParts().length === 0) throw noParts()
  return openDetectorVision(options)
}

const noParts = () =>
  new VigiaError('engine_unavailable', 'None of the packages that look at photos is installed.', {
    hint: 'Run "npm install" without --omit=optional, or choose the vision engine "measured".',
  })

function startDetector(onDeath: DetectorOptions['onDeath']): Promise<EngineProcess<DetectorCalls>> {
  return startEngineProcess<DetectorCalls>({
    entry: new URL('./detector-child.ts', import.meta.url),
    name: 'photo detectors',
    memoryMb: 512,
    env: { MALLOC_ARENA_MAX: '2' },
    ...(onDeath ? { onDeath } : {}),
  })
}
