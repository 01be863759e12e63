import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

/** Upgrades that were refused, and how many of them before the event loop turned to anything else. */
export interface RefusalTurns {
  refused: number
  inTheSameTurn: number
}

/**
 * Watches a server from now on. An answer that waits for a disk, a timer or another process cannot come in the turn in which the
 * request was read; that is a fact of the code and not of the machine's load.
 */
export function refusalTurns(server: Server): RefusalTurns {
  const turns: RefusalTurns = { refused: 0, inTheSameTurn: 0 }
  server.prependListener('upgrade', (_request: IncomingMessage, socket: Socket) => {
    let isSameTurn = true
    // runs when all that this request has to do at once is done, and before the next one is read
    setImmediate(() => {
      isSameTurn = false
    })
    const write = socket.write
    const seen = (data: unknown): void => {
      if (!/^HTTP\/1\.1 503 /.test(String(data))) return
      turns.refused += 1
      if (isSameTurn) turns.inTheSameTurn += 1
    }
    socket.write = function (this: Socket, ...args: unknown[]) {
      seen(args[0])
      return Reflect.apply(write, this, args) as boolean
    } as Socket['write']
  })
  return turns
}
