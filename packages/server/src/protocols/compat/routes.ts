import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { deepgramRoutes } from '../deepgram/routes.ts'
import { geminiErrorShape } from '../gemini/errors.ts'
import { geminiLiveRoutes } from '../gemini/live-routes.ts'
import { modelPage, oneModel as oneGeminiModel } from '../gemini/models.ts'
import { geminiRoutes } from '../gemini/routes.ts'
import { compatNeeds } from '../http/guard.ts'
import { openAiErrorShape } from '../openai/errors.ts'
import { modelList, oneModel as oneOpenAiModel } from '../openai/models.ts'
import { realtimeRoutes } from '../openai/realtime/routes.ts'
import { openAiRoutes } from '../openai/routes.ts'
import { Asker } from './ask.ts'
import { answerBrowsers } from './browsers.ts'
import { Connections } from './connections.ts'
import { looksLikeGemini } from './credentials.ts'
import { type CompatDeps, callerOf } from './deps.ts'
import { errorHandler, type ToErrorShape } from './errors.ts'
import { FieldLog } from './field-log.ts'

/** Gemini, OpenAI and Deepgram on the same port: every prefix with its API's routes, errors and "not found". */

/** @param connections - takes the live sockets whose clients want to be told that the server stops */
export function compatRoutes(deps: CompatDeps, connections = new Connections()): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRoute', compatNeeds)
    const shared = { deps, asker: new Asker(deps), fields: new FieldLog(deps.log) }
    const single = { ...shared, withoutModels: true }
    await app.register(
      scoped(openAiErrorShape, deps, [
        openAiRoutes(single),
        realtimeRoutes(shared),
        geminiRoutes(single),
        deepgramRoutes(shared),
        sharedModels(deps),
      ]),
      {
        prefix: '/v1',
      },
    )
    for (const prefix of ['/openai/v1', '/v1beta/openai']) {
      await app.register(scoped(openAiErrorShape, deps, [openAiRoutes(shared)]), { prefix })
    }
    for (const prefix of ['/v1beta', '/v1alpha']) {
      await app.register(scoped(geminiErrorShape, deps, [geminiRoutes(shared)]), { prefix })
    }
    await app.register(geminiLiveRoutes({ ...shared, connections }))
  }
}

/** Routes under one prefix, with the API's "not found". */
function scoped(toShape: ToErrorShape, deps: CompatDeps, plugins: FastifyPluginAsync[]): FastifyPluginAsync {
  return async (app) => {
    answerBrowsers(app)
    notFound(app, toShape, deps)
    for (const plugin of plugins) await app.register(plugin)
  }
}

/** `GET /v1/models` is OpenAI's and Gemini's: the place of the key tells which. */
function sharedModels(deps: CompatDeps): FastifyPluginAsync {
  return async (app) => serveModels(app, deps)
}

function serveModels(app: FastifyInstance, deps: CompatDeps): void {
  const handler = (gemini: (request: FastifyRequest) => unknown, openai: (request: FastifyRequest) => unknown) => ({
    errorHandler: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      errorHandler(looksLikeGemini(request) ? geminiErrorShape : openAiErrorShape, deps.log)(error, request, reply),
    handler: async (request: FastifyRequest) => {
      callerOf(request, deps)
      return looksLikeGemini(request) ? gemini(request) : openai(request)
    },
  })
  const idOf = (request: FastifyRequest): string => (request.params as { '*': string })['*']
  app.route({
    method: 'GET',
    url: '/models',
    ...handler(
      (request) => modelPage(request.query as Record<string, unknown>, deps),
      () => modelList(deps),
    ),
  })
  app.route({
    method: 'GET',
    url: '/models/*',
    ...handler(
      (request) => oneGeminiModel(idOf(request), deps),
      (request) => oneOpenAiModel(idOf(request), deps),
    ),
  })
}

function notFound(app: FastifyInstance, toShape: ToErrorShape, deps: CompatDeps): void {
  const answer = errorHandler(toShape, deps.log)
  app.setNotFoundHandler((request, reply) => {
    answer(
      new VigiaError('not_found', `Unknown request URL: ${request.method} ${request.url.split('?')[0]!.slice(0, 200)}.`),
      request,
      reply,
    )
  })
}
