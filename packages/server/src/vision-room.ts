import type { Observation } from '@vigia/protocol'
import { openMeasuredVision } from './engines/adapters/measured/measured.ts'
import { openSharpPhotos } from './engines/adapters/sharp/sharp-photos.ts'
import type { Engines } from './engines/catalog.ts'
import { currentVision } from './engines/current-vision.ts'
import type { EngineDeath } from './engines/host/engine-process.ts'
import type { SessionService } from './session/service.ts'
import type { Clock } from './std/clock.ts'
import type { Store } from './store/store.ts'
import type { VisionService } from './vision/service.ts'
import { createVisionService } from './vision/vision-service.ts'
import type { Webhooks } from './webhooks/webhooks.ts'

/** Composition of sight: photos are read by their own process, described by the engine of the moment, and told to their session. */

export interface VisionRoomDeps {
  store: Store
  engines: () => Engines
  clock: Clock
  sessions: SessionService
  webhooks: Webhooks | null
  onDeath: (death: EngineDeath) => void
  onPhoto: (photo: Observation) => void
}

export async function openVisionRoom(
  stack: AsyncDisposableStack,
  { store, engines, clock, sessions, webhooks, onDeath, onPhoto }: VisionRoomDeps,
): Promise<VisionService> {
  const photos = stack.use(await openSharpPhotos({ onDeath }))
  const measured = openMeasuredVision()
  const vision = currentVision(() => engines().vision ?? measured)
  return createVisionService({
    photos,
    vision,
    feedsModels: () => [engines().llm, engines().omni].some((model) => model?.capabilities.images),
    store,
    clock,
    locate: (sessionId, capturedAt) => sessions.locate(sessionId, capturedAt),
    beforeSettled: async (observation, alerts) => webhooks?.photoSettled(observation, alerts),
    onObservation: (observation) => {
      onPhoto(observation)
      webhooks?.kick()
      if (observation.session_id !== null) sessions.publish(observation.session_id, { type: 'observation', observation })
    },
    onAlert: (sessionId, alert) => sessions.publish(sessionId, { type: 'alert', ...alert }),
  })
}
