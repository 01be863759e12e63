import type { FastifyInstance } from 'fastify'

/**
 * CORS for pages of other origins. Which origins may call at all was decided before by the server's guard; here those are told that
 * they may read the answer, errors included.
 */
export function answerBrowsers(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (!origin) return
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'x-request-id, retry-after',
      vary: 'origin',
    })
  })
  app.options('/*', { config: { access: 'public' } as object }, (request, reply) => {
    const asked = request.headers['access-control-request-headers']
    void reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
        'access-control-allow-headers': asked ?? 'content-type, authorization, x-goog-api-key, x-goog-api-client',
        'access-control-max-age': '600',
      })
      .send()
  })
}
