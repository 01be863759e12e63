import type { Asr } from '../../src/engines/asr.ts'
import type { Vad } from '../../src/engines/vad.ts'
import { createDecoder } from '../../src/media/decoder.ts'
import { DEFAULT_ENDPOINTING } from '../../src/session/endpointing.ts'
import type { SessionService } from '../../src/session/service.ts'
import { openSessions, type SessionsOptions } from '../../src/session/sessions.ts'
import type { Clock } from '../../src/std/clock.ts'
import type { Store } from '../../src/store/store.ts'

/** The real sessions over engines that hear nothing: all that durability needs, and quick to start. */
export async function openDeafSessions(store: Store, clock: Clock): Promise<SessionService> {
  return await openSessions({
    store,
    clock,
    engines: () =>
      ({ vad: silence, finalAsr: deaf, liveAsr: deaf, diarizer: null, names: () => ({}), info: () => ({}) }) as never,
    makeDecoder: (format) => createDecoder(format as Parameters<typeof createDecoder>[0]),
    analyze: (async () => ({ analysis: {} })) as unknown as SessionsOptions['analyze'],
    endpointing: DEFAULT_ENDPOINTING,
    limits: {} as never,
    maxSessions: 100,
    graceMs: 3_600_000,
    timeZone: 'UTC',
    parallel: { jobs: 1, interactive: 1, spans: 1 },
  })
}

const silence: Vad = {
  id: 'silence',
  model: 'none',
  open: () => ({
    score: async (samples: Int16Array) => new Float32Array(Math.floor(samples.length / 512)),
    [Symbol.dispose]() {},
  }),
  async [Symbol.asyncDispose]() {},
} as unknown as Vad
const deaf = {
  id: 'deaf',
  model: 'none',
  capabilities: {},
  async *transcribe() {},
  async [Symbol.asyncDispose]() {},
} as unknown as Asr

/** What the socket route of a test asks of a connection; generous, so that nothing ends but by what the test does. */
export const GENEROUS = {
  maxMessageBytes: 1 << 20,
  maxInflightBytes: 1 << 22,
  maxPendingBytes: 1 << 26,
  maxClientBytes: 1 << 20,
  idleMs: 3_600_000,
  onFrame: async (): Promise<void> => {},
}
