import '@fastify/websocket'
import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'
import type { Principal } from '../../access/access.ts'
import type { SessionService } from '../../session/service.ts'
import type { Clock } from '../../std/clock.ts'
import { type ConnectionOptions, NativeConnection } from './connection.ts'

/** `WS /ws/audio`: the native protocol on a Fastify server with `@fastify/websocket`. */

export interface NativeRouteOptions extends Omit<ConnectionOptions, 'wire' | 'owner' | 'onNewSession'> {
  sessions: SessionService
  clock: Clock
  /** For the metrics: why an upgrade was refused. */
  onRefused?: (reason: keyof typeof REFUSALS) => void
  /** Asked before each new session. @throws VigiaError `rate_limited` */
  onNewSession?: (principal: Principal) => void
  /** Whether who is connected may stay: keys are revoked while sockets are open. */
  mayStay?: (principal: Principal) => boolean
}

/** The sockets that are open, for whoever stops the server. */
export interface NativeSockets {
  readonly open: number
  goingAway(inMs: number): void
  /** Closes all with 1012: the clients come back to the next server. */
  restart(): void
}

/** A socket that has not answered two of these pings is dead. */
const HEARTBEAT_MS = 20_000
/** Keys and silence are looked at this often. */
const CHECK_MS = 2000
/** A socket that passed nothing on for this many heartbeats, with this much waiting, is stuck. */
const STUCK_BYTES = 64 * 1024

export function nativeRoute(app: FastifyInstance, options: NativeRouteOptions): NativeSockets {
  const connections = new Map<NativeConnection, Principal>()
  const { clock, mayStay = () => true } = options
  const stopChecking = clock.setInterval(() => {
    for (const [connection, principal] of connections) {
      if (!mayStay(principal)) connection.end(new VigiaError('unauthorized', 'The key of this connection was revoked.'))
      else connection.checkIdle()
    }
  }, CHECK_MS)
  app.addHook('onClose', async () => stopChecking())

  // refused at the upgrade: a plain answer, before there is a socket
  const preValidation = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => refuseOverload(options, reply)
  app.get('/ws/audio', { websocket: true, preValidation }, (socket, request) => {
    const { principal } = request
    const connection = new NativeConnection({
      ...options,
      owner: principal.owner,
      wire: wireOf(socket),
      onNewSession: () => options.onNewSession?.(principal),
    })
    connections.set(connection, principal)
    const stopHeartbeat = heartbeat(socket, clock)
    socket.on('message', (data, isBinary) => {
      const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
      if (isBinary) connection.binary(bytes)
      else connection.text(bytes.toString('utf8'))
    })
    socket.on('error', () => {}) // `close` follows
    socket.on('close', () => {
      stopHeartbeat()
      connections.delete(connection)
      connection.closed()
    })
  })
  return {
    get open() {
      return connections.size
    },
    goingAway(inMs) {
      for (const connection of connections.keys()) connection.goingAway(inMs)
    },
    restart() {
      for (const connection of connections.keys()) connection.restart()
    },
  }
}

/** Asks nothing that has to be waited for: a full server says so at once. @throws VigiaError `overloaded` */
function refuseOverload({ sessions, onRefused }: NativeRouteOptions, reply: FastifyReply): void {
  const { refusing, retryAfterS } = sessions.load()
  if (refusing === null) return
  // sessions that wait for their client come back through this door
  if (refusing === 'sessions' && sessions.status().some(({ state }) => state === 'detached')) return
  onRefused?.(refusing)
  reply.header('retry-after', String(retryAfterS))
  throw new VigiaError('overloaded', REFUSALS[refusing], { hint: `Come again in ${retryAfterS} s.` })
}

const REFUSALS = {
  draining: 'The server is stopping.',
  sessions: 'As many sessions are live as this server takes.',
  disk: 'The disk is behind with what it was given.',
} as const

const wireOf = (socket: WebSocket): ConnectionOptions['wire'] => ({
  send: (text) => socket.send(text),
  binary: (bytes) => socket.send(bytes),
  get bufferedBytes() {
    return socket.bufferedAmount
  },
  close(code, reason) {
    socket.close(code, reason)
    // a peer that does not read does not close either
    if (socket.bufferedAmount > STUCK_BYTES) socket.terminate()
  },
  setPaused: (paused) => (paused ? socket.pause() : socket.resume()),
})

function heartbeat(socket: WebSocket, clock: Clock): () => void {
  let missed = 0
  let waiting = 0
  socket.on('pong', () => {
    missed = 0
  })
  socket.on('message', () => {
    missed = 0
  })
  return clock.setInterval(() => {
    const stuck = socket.bufferedAmount > STUCK_BYTES && socket.bufferedAmount >= waiting && waiting > STUCK_BYTES
    waiting = socket.bufferedAmount
    if (stuck) return socket.terminate()
    if (socket.isPaused) return // while we do not read, no pong can come
    missed += 1
    if (missed > 2) socket.terminate()
    else socket.ping()
  }, HEARTBEAT_MS)
}
