import '@fastify/websocket'
import { VigiaError } from '@vigia/protocol'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { type CompatDeps, callerOf, keptUnless } from '../compat/deps.ts'
import { errorHandler } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { languageFor } from '../compat/language.ts'
import { resolveModel } from '../compat/models.ts'
import { refuseRoutes } from '../compat/refused.ts'
import { listen, wireOf } from '../compat/wire.ts'
import { deepgramErrorShape } from './errors.ts'
import { DeepgramLive } from './live.ts'
import { LISTEN_FIELDS, type ListenOptions, modelInfo, readListen } from './options.ts'
import { prerecordedHandler, uuidOf } from './prerecorded.ts'

/** Deepgram's routes under `/v1`: bodies are bytes, whatever their type says. */

interface Handshake {
  options: ListenOptions
  language: string
  model: string
}

export function deepgramRoutes({ deps, fields }: { deps: CompatDeps; fields: FieldLog }): FastifyPluginAsync {
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: deps.settings.maxBodyBytes }, (_request, body, done) =>
      done(null, body),
    )
    const options = { bodyLimit: deps.settings.maxBodyBytes, errorHandler: errorHandler(deepgramErrorShape, deps.log) }
    app.post('/listen', options, prerecordedHandler(deps, fields))
    refuseRoutes(app, ['speak', 'read', 'auth/grant', 'projects'], options)
    const handshakes = new WeakMap<FastifyRequest, Handshake>()
    app.get(
      '/listen',
      {
        ...options,
        websocket: true,
        preValidation: async (request) => void handshakes.set(request, readHandshake(request, deps, fields)),
      },
      (socket, request) => {
        const { options, language, model } = handshakes.get(request)!
        const { liveAsr } = deps.engines()
        const head = { request_id: request.id, model_info: modelInfo(model, liveAsr.model), model_uuid: uuidOf(model) }
        const caller = keptUnless(callerOf(request, deps), options.optOut)
        const live = new DeepgramLive({ wire: wireOf(socket), deps, caller, options, language, head })
        listen(socket, live, deps.clock)
      },
    )
  }
}

/** Mistakes are told before the socket opens. @throws VigiaError */
function readHandshake(request: FastifyRequest, deps: CompatDeps, fields: FieldLog): Handshake {
  const query = request.query as Record<string, unknown>
  const options = readListen(query)
  fields.unused('deepgram.listen', query, LISTEN_FIELDS)
  const engines = deps.engines()
  if (options.diarize && !engines.diarizer) throw new VigiaError('not_supported', 'diarize needs a diarizer, and none is loaded.')
  return {
    options,
    language: languageFor(options.language, engines.liveAsr.capabilities),
    model: resolveModel(options.model, 'transcription', deps),
  }
}
