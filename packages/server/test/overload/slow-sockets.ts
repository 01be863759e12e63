import { connect, type Socket } from 'node:net'
import { LiveClient } from '../helpers/live-client.ts'

/** Clients that hold a place and do not use it. */

/** Opens TCP, sends the beginning of a request, and no more. */
function halfRequest(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /ws/audio HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
      resolve(socket)
    })
    socket.once('error', reject)
    socket.on('error', () => {})
  })
}

/** Says that it has a large body, sends a little of it. */
function halfBody(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        'POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a',
      )
      resolve(socket)
    })
    socket.once('error', reject)
    socket.on('error', () => {})
  })
}

/** An open session whose client asks and reads no answer. */
async function deafSession(url: string): Promise<LiveClient> {
  const client = await LiveClient.connect(url)
  await client.open({ results: 'end', analyze: false })
  client.stopReading()
  client.raw(Buffer.alloc(3200))
  for (let i = 0; i < 50; i += 1) client.send({ type: 'ping' })
  return client
}

export interface SlowSockets extends AsyncDisposable {
  readonly count: number
}

/** Two fifths half requests, a fifth half bodies, a fifth sockets that say nothing, a fifth sessions that do not read. */
export async function openSlowSockets(url: string, count: number): Promise<SlowSockets> {
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  const clients: LiveClient[] = []
  for (let i = 0; i < count; i += 1) {
    const kind = i % 5
    if (kind < 2) sockets.push(await halfRequest(port))
    else if (kind === 2) sockets.push(await halfBody(port))
    else if (kind === 3) clients.push(await LiveClient.connect(url))
    else clients.push(await deafSession(url))
  }
  return {
    count: sockets.length + clients.length,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      for (const client of clients) client.drop()
    },
  }
}
