import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { asyncApiDocument, openApiDocument, toErrorBody } from '@vigia/protocol'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { HttpDeps } from './deps.ts'

/** Health, metrics and the descriptions of the API. */
export function operationRoutes(app: FastifyInstance, { store, metrics, version, isDraining }: HttpDeps): void {
  const openApi = JSON.stringify(openApiDocument(version))
  const asyncApi = JSON.stringify(asyncApiDocument(version))

  app.get('/livez', async () => ({ status: 'ok' }))

  app.get('/readyz', async (_request, reply) => {
    const reason = isDraining() ? 'the server is stopping' : await storeProblem(store)
    if (reason === null) return { status: 'ok' }
    return reply.code(503).send({ status: 'unavailable', reason })
  })

  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })

  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(openApi))
  app.get('/asyncapi.json', async (_request, reply) => reply.type('application/json').send(asyncApi))
}

async function storeProblem(store: HttpDeps['store']): Promise<string | null> {
  try {
    await store.probe()
    return null
  } catch (error) {
    return toErrorBody(error).code
  }
}

/** Swagger UI writes styles into the page. Its own policy would send a phone's requests to https, which is not served. */
const DOCS_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="32"><text x="4" y="23" fill="#fff" font-family="sans-serif" font-size="22" font-weight="700">Vigía</text></svg>'

/** Fastify plugin for `/docs`: the HTTP API in a browser, from files of our own server. */
export function docsRoutes(version: string): FastifyPluginAsync {
  return async (app) => {
    await app.register(swagger, { mode: 'static', specification: { document: openApiDocument(version) as never } })
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: DOCS_POLICY,
      theme: { title: 'Vigía · API' },
      logo: { type: 'image/svg+xml', content: Buffer.from(LOGO) },
      uiConfig: { tryItOutEnabled: true, validatorUrl: null },
    })
  }
}
