import type { FastifyInstance } from 'fastify'
import { accessRoutes } from './access-routes.ts'
import { askRoutes } from './ask.ts'
import { audioRoutes } from './audio.ts'
import type { HttpDeps } from './deps.ts'
import { editRoutes } from './edits.ts'
import { eventRoutes } from './events.ts'
import { lineEditRoutes } from './line-edits.ts'
import { markRoutes } from './marks.ts'
import { docsRoutes, operationRoutes } from './operations.ts'
import { peaksRoutes } from './peaks.ts'
import { searchRoutes } from './search.ts'
import { sessionRoutes } from './sessions.ts'
import { systemRoutes } from './system.ts'
import { transcriptRoutes } from './transcripts.ts'
import { uploadRoutes } from './upload.ts'
import { voiceProfileRoutes } from './voice-profiles.ts'
import { voiceRoutes } from './voices.ts'
import { webRoutes } from './web.ts'

/** Every HTTP route of the native API but the photos', which `frames.ts` has. */
export async function httpRoutes(app: FastifyInstance, deps: HttpDeps): Promise<void> {
  sessionRoutes(app, deps)
  editRoutes(app, deps)
  lineEditRoutes(app, deps)
  transcriptRoutes(app, deps)
  audioRoutes(app, deps)
  peaksRoutes(app, deps)
  markRoutes(app, deps)
  systemRoutes(app, deps)
  eventRoutes(app, deps)
  searchRoutes(app, deps)
  askRoutes(app, deps, deps.llm ?? (() => null))
  voiceRoutes(app, deps)
  voiceProfileRoutes(app, deps, deps.knownVoices)
  operationRoutes(app, deps)
  accessRoutes(app, deps)
  await app.register(uploadRoutes(deps))
  await app.register(docsRoutes(deps.version))
  await webRoutes(app)
}
