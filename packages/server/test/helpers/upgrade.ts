import { WebSocket } from 'ws'

/** How the upgrade of a socket was answered. */
export interface Upgrade {
  /** 101 when it opened. */
  status: number
  retryAfter: string | undefined
  ms: number
}

/** Asks for a socket and gives it back at once. */
export function askUpgrade(url: string, path = '/ws/audio'): Promise<Upgrade> {
  const begunAt = performance.now()
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`)
    const done = (status: number, retryAfter?: string): void => {
      resolve({ status, retryAfter, ms: performance.now() - begunAt })
      socket.terminate()
    }
    socket.on('open', () => done(101))
    socket.on('unexpected-response', (_request, response) => done(response.statusCode ?? 0, response.headers['retry-after']))
    socket.on('error', reject)
  })
}
