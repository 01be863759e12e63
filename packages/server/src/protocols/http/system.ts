import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'

/** `/system`: what the server runs on and does now, for people who look after it. */
export function systemRoutes(app: FastifyInstance, { system }: HttpDeps): void {
  app.get('/system', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return system()
  })
}
