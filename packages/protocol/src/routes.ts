import { EDIT_ROUTES } from './routes/edits.ts'
import { OPERATION_ROUTES } from './routes/operations.ts'
import { RESULT_ROUTES } from './routes/results.ts'
import type { HttpRoute } from './routes/route.ts'
import { SEARCH_ROUTES } from './routes/search.ts'
import { SESSION_ROUTES } from './routes/sessions.ts'
import { VISION_ROUTES } from './routes/vision.ts'
import { VOICE_ROUTES } from './routes/voices.ts'

export type { HttpRoute, RouteAnswer } from './routes/route.ts'

/** The HTTP routes of the native API as one table; OpenAPI is generated from it and a server test compares it with the routes served. */
export const HTTP_ROUTES: readonly HttpRoute[] = [
  ...SESSION_ROUTES,
  ...EDIT_ROUTES,
  ...RESULT_ROUTES,
  ...VOICE_ROUTES,
  ...SEARCH_ROUTES,
  ...VISION_ROUTES,
  ...OPERATION_ROUTES,
]
