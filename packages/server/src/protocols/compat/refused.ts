import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, RouteShorthandOptions } from 'fastify'

/** Routes of a vendor that need what is not here: refused by name, in that API's own shape, instead of "not found". */
export function refuseRoutes(app: FastifyInstance, paths: readonly string[], options: RouteShorthandOptions): void {
  for (const path of paths) {
    app.all(`/${path}`, options, async () => {
      throw new VigiaError('not_supported', `"${path}" is not offered by this server.`, {
        hint: 'docs/compatibility.md lists what is.',
      })
    })
  }
}
