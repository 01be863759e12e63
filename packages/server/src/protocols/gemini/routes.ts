import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Asker } from '../compat/ask.ts'
import { type CompatDeps, callerOf } from '../compat/deps.ts'
import { errorHandler } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { resolveModel } from '../compat/models.ts'
import { refuseRoutes } from '../compat/refused.ts'
import { geminiErrorShape } from './errors.ts'
import { GenerateContent } from './generate.ts'
import { modelPage, oneModel } from './models.ts'

/** Gemini's HTTP routes under a prefix (`/v1beta`, `/v1alpha`, `/v1`). */

export interface GeminiRoutesOptions {
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  /** `GET models` is served elsewhere, because two APIs share the path. */
  withoutModels?: boolean
}

const REFUSED = ['files', 'cachedContents', 'interactions', 'tunedModels', 'fileSearchStores', 'batches']

export function geminiRoutes(options: GeminiRoutesOptions): FastifyPluginAsync {
  return async (app) => serve(app, options)
}

async function serve(app: FastifyInstance, { deps, asker, fields, withoutModels }: GeminiRoutesOptions): Promise<void> {
  const options = { bodyLimit: deps.settings.maxBodyBytes, errorHandler: errorHandler(geminiErrorShape, deps.log) }
  const generate = new GenerateContent(deps, asker, fields)
  // the model's name may have slashes, the method follows the last colon
  app.post<{ Params: { '*': string }; Querystring: { alt?: string } }>('/models/*', options, (request, reply) =>
    call(request.params['*'], request.query.alt === 'sse', request, reply),
  )
  if (!withoutModels) {
    refuseRoutes(app, REFUSED, options)
    app.get('/models', options, async (request) => {
      callerOf(request, deps)
      return modelPage(request.query as Record<string, unknown>, deps)
    })
    app.get<{ Params: { '*': string } }>('/models/*', options, async (request) => {
      callerOf(request, deps)
      return oneModel(request.params['*'], deps)
    })
  }

  async function call(path: string, sse: boolean, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const caller = callerOf(request, deps)
    const colon = path.lastIndexOf(':')
    const method = colon < 0 ? '' : path.slice(colon + 1)
    const model = resolveModel(colon < 0 ? path : path.slice(0, colon), 'chat', deps)
    switch (method) {
      case 'generateContent':
        return generate.whole(model, caller, request, reply)
      case 'streamGenerateContent':
        return generate.stream(model, sse, caller, request, reply)
      case 'countTokens':
        return generate.count(request)
      case 'embedContent':
      case 'batchEmbedContents':
      case 'predict':
      case 'predictLongRunning':
      case 'batchGenerateContent':
        throw new VigiaError('not_supported', `"${method}" is not offered by this server.`)
      default:
        throw new VigiaError('not_found', `There is no method "${method.slice(0, 60)}" of a model.`)
    }
  }
}
