import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Asker } from '../compat/ask.ts'
import { type CompatDeps, callerOf } from '../compat/deps.ts'
import { errorHandler } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { refuseRoutes } from '../compat/refused.ts'
import { chatHandler } from './chat.ts'
import { openAiErrorShape } from './errors.ts'
import { modelList, oneModel } from './models.ts'
import { responsesHandler } from './responses.ts'
import { speechHandler } from './speech.ts'
import { transcriptionHandlers } from './transcriptions.ts'

/** OpenAI's HTTP routes under a prefix (`/v1`, `/openai/v1`, `/v1beta/openai`). */

export interface OpenAiRoutesOptions {
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  /** `GET models` is served elsewhere, because two APIs share the path. */
  withoutModels?: boolean
}

/** Routes of the vendor that need what is not here: refused by name instead of "not found". */
const REFUSED = [
  'embeddings',
  'images/generations',
  'images/edits',
  'moderations',
  'files',
  'batches',
  'fine_tuning/jobs',
  'realtime/calls',
  'assistants',
  'threads',
  'vector_stores',
  'completions',
]

export function openAiRoutes(options: OpenAiRoutesOptions): FastifyPluginAsync {
  return async (app) => serve(app, options)
}

async function serve(app: FastifyInstance, { deps, asker, fields, withoutModels }: OpenAiRoutesOptions): Promise<void> {
  await app.register(multipart)
  const options = { bodyLimit: deps.settings.maxBodyBytes, errorHandler: errorHandler(openAiErrorShape, deps.log) }
  app.addHook('onSend', async (request, reply) => void reply.header('x-request-id', request.id))
  const { transcribe, translate } = transcriptionHandlers(deps, fields)
  app.post('/audio/transcriptions', options, transcribe)
  app.post('/audio/translations', options, translate)
  app.post('/audio/speech', options, speechHandler(deps, fields))
  app.post('/chat/completions', options, chatHandler(deps, asker, fields))
  app.post('/responses', options, responsesHandler(deps, asker, fields))
  refuseRoutes(app, REFUSED, options)
  if (withoutModels) return
  app.get('/models', options, async (request) => {
    callerOf(request, deps)
    return modelList(deps)
  })
  app.get<{ Params: { '*': string } }>('/models/*', options, async (request) => {
    callerOf(request, deps)
    return oneModel(request.params['*'], deps)
  })
}
