import { PullBody } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'
import { parseRequest } from './validate.ts'

/** `/system`: what the server runs on and does now, and models to fetch, for people who look after it. */
export function systemRoutes(app: FastifyInstance, { system, diagnose, models }: HttpDeps): void {
  app.get('/system', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return system()
  })

  app.get('/system/doctor', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return diagnose()
  })

  app.get('/system/models', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { models: await models.list() }
  })

  app.post<{ Params: { id: string } }>('/system/models/:id/pull', async (request, reply) => {
    const { accept_license } = parseRequest(PullBody, request.body, 'body')
    await models.start(request.params.id, accept_license)
    return reply.code(202).send({ models: await models.list() })
  })
}
