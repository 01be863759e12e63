import { HTTP_ROUTES, toErrorBody, VigiaError } from '@vigia/protocol'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import { isBrokenForm } from '../broken-form.ts'

/** Errors of ours, of Fastify and of its plugins as `{error: {…}}` with the status of the registry. */

/** Gives every route of the server JSON errors. */
export function handleErrors(app: FastifyInstance, log: Logger, metrics: Metrics): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const ours = VigiaError.is(error) ? error : translate(error)
    // who is refused for want of room is counted: a line for each would be load upon load
    if (!ours || (ours.spec.http >= 500 && ours.code !== 'overloaded'))
      log.error({ requestId: request.id, err: error }, 'request failed')
    return sendError(ours ?? error, request, reply, metrics)
  })
  app.setNotFoundHandler((request, reply) => sendError(missing(request, reply), request, reply, metrics))
}

function sendError(error: Error, request: FastifyRequest, reply: FastifyReply, metrics: Metrics): FastifyReply {
  const body = toErrorBody(error)
  metrics.errors.inc({ code: body.code })
  if (reply.raw.headersSent) {
    reply.raw.destroy()
    return reply
  }
  const status = VigiaError.is(error) ? error.spec.http : 500
  if (body.retryable && (status === 503 || status === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', '5')
  return reply
    .code(status)
    .type('application/json')
    .send({ error: { ...body, request_id: request.id } })
}

/** Mistakes that Fastify or a plugin finds. */
function translate(error: FastifyError): VigiaError | null {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
    case 'FST_REQ_FILE_TOO_LARGE':
      return new VigiaError('message_too_large', 'The body is larger than this route takes.', {
        hint: 'Limits are in docs/configuration.md under limits.',
        cause: error,
      })
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new VigiaError('invalid_json', 'Expected a JSON body, got something that cannot be parsed.', { cause: error })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new VigiaError('invalid_request', 'The content-type of the body is not one this route takes.', {
        hint: 'The media types of every route are at /docs.',
        cause: error,
      })
    default: {
      if (isBrokenForm(error))
        return new VigiaError('invalid_request', 'Expected a form, got one that breaks off.', { cause: error })
      if (error instanceof SyntaxError) return new VigiaError('invalid_json', 'Expected a JSON body.', { cause: error })
      const status = error.statusCode ?? 500
      return status >= 400 && status < 500 ? new VigiaError('invalid_request', error.message, { cause: error }) : null
    }
  }
}

const PATTERNS = HTTP_ROUTES.map(({ method, path }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
}))

function missing(request: FastifyRequest, reply: FastifyReply): VigiaError {
  const path = request.url.split('?')[0]!
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  if (methods.length === 0) {
    return new VigiaError('not_found', `There is no ${request.method} route of this name.`, { hint: 'All routes are at /docs.' })
  }
  reply.header('allow', methods.join(', '))
  return new VigiaError('method_not_allowed', `Expected ${methods.join(' or ')}, got ${request.method}.`)
}
