import { VigiaError } from '@vigia/protocol'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../log.ts'
import { isBrokenForm } from '../broken-form.ts'

/** Errors of ours and of Fastify in the shape of another API. */

/** How one API writes an error. */
export interface ErrorShape {
  status: number
  headers?: Record<string, string>
  body: unknown
}

export type ToErrorShape = (error: VigiaError | null, request: FastifyRequest) => ErrorShape

/** A route's error handler. Bad input is never a 5xx: clients would send it again. */
export function errorHandler(toShape: ToErrorShape, log: Logger) {
  return (thrown: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const error = asVigiaError(thrown)
    if (!error || error.spec.http >= 500) log.warn({ requestId: request.id, err: thrown }, 'a compatible request failed')
    if (reply.raw.headersSent) {
      reply.raw.destroy()
      return
    }
    sendShape(toShape(error, request), reply)
  }
}

export function sendShape({ status, headers, body }: ErrorShape, reply: FastifyReply): void {
  if (status === 429 || status === 503) reply.header('retry-after', '2')
  void reply
    .code(status)
    .headers(headers ?? {})
    .type('application/json')
    .send(body)
}

/** Null for what is a bug of ours. */
export function asVigiaError(error: FastifyError | Error): VigiaError | null {
  if (VigiaError.is(error)) return error
  const { statusCode: status = 500, code } = error as FastifyError
  if (status === 413)
    return new VigiaError('message_too_large', 'The request is larger than this server takes.', { cause: error })
  if (error instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return new VigiaError('invalid_json', 'The body is not valid JSON.', { cause: error })
  }
  if (isBrokenForm(error)) return new VigiaError('invalid_request', 'Expected a form, got one that breaks off.', { cause: error })
  if (status === 415)
    return new VigiaError('invalid_request', 'The content-type of the body is not one this route takes.', { cause: error })
  return status >= 400 && status < 500 ? new VigiaError('invalid_request', error.message, { cause: error }) : null
}

/** Message and hint as one text, for APIs that have one field. */
export function fullMessage(error: VigiaError | null): string {
  if (!error) return 'Something failed inside the server.'
  return error.hint ? `${error.message} ${error.hint}` : error.message
}

/** No language model answers on this server, and what was asked needs one. */
export function noLanguageModel(what = 'Answering this'): VigiaError {
  return new VigiaError('engine_unavailable', `${what} needs a language model, and none is loaded.`, {
    hint: 'Choose a profile with one ("vigia doctor" says what this machine can run), or name engines.llm.',
  })
}
