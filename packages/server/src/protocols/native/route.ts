import '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import type { SessionService } from '../../session/service.ts'
import type { Clock } from '../../std/clock.ts'
import { type ConnectionOptions, NativeConnection } from './connection.ts'

/** `WS /ws/audio`: the native protocol on a Fastify server with `@fastify/websocket`. */

export interface NativeRouteOptions extends Omit<ConnectionOptions, 'wire' | 'owner'> {
  sessions: SessionService
  clock: Clock
  /** Who the request comes from; null while the server is open. */
  ownerOf?: (headers: Record<string, unknown>) => string | null
}

/** A socket that has not answered two of these pings is dead. */
const HEARTBEAT_MS = 20_000

export function nativeRoute(app: FastifyInstance, options: NativeRouteOptions): { goingAway(inMs: number): void } {
  const connections = new Set<NativeConnection>()
  app.get('/ws/audio', { websocket: true }, (socket, request) => {
    const owner = options.ownerOf?.(request.headers) ?? null
    const connection = new NativeConnection({ ...options, owner, wire: wireOf(socket) })
    connections.add(connection)
    const stopHeartbeat = heartbeat(socket, options.clock)
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
    goingAway(inMs) {
      for (const connection of connections) connection.goingAway(inMs)
    },
  }
}

const wireOf = (socket: WebSocket): ConnectionOptions['wire'] => ({
  send: (text) => socket.send(text),
  binary: (bytes) => socket.send(bytes),
  close: (code, reason) => socket.close(code, reason),
  setPaused: (paused) => (paused ? socket.pause() : socket.resume()),
})

function heartbeat(socket: WebSocket, clock: Clock): () => void {
  let missed = 0
  socket.on('pong', () => {
    missed = 0
  })
  socket.on('message', () => {
    missed = 0
  })
  return clock.setInterval(() => {
    if (socket.isPaused) return // while we do not read, no pong can come
    missed += 1
    if (missed > 2) socket.terminate()
    else socket.ping()
  }, HEARTBEAT_MS)
}
