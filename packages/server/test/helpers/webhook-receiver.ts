import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookHeaders } from '../../src/webhooks/sign.ts'

export interface ReceivedHook {
  headers: WebhookHeaders
  body: string
}

export interface WebhookReceiver extends AsyncDisposable {
  url: string
  received: ReceivedHook[]
  /** Resolves when so many messages came. */
  until(count: number): Promise<void>
}

/** A webhook's receiver that answers with these codes in turn, then with 200; for 0 it never answers. */
export async function webhookReceiver(codes: number[] = []): Promise<WebhookReceiver> {
  const received: ReceivedHook[] = []
  let changed = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data) => {
      body += String(data)
    })
    request.on('end', () => {
      received.push({ headers: request.headers as unknown as WebhookHeaders, body })
      const code = codes.shift() ?? 200
      if (code !== 0) response.writeHead(code).end()
      changed.resolve()
      changed = Promise.withResolvers<void>()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const until = async (count: number): Promise<void> => {
    while (received.length < count) await changed.promise
  }
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/hook`, received, until, [Symbol.asyncDispose]: close }
}
