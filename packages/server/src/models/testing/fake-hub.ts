import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A loopback hub with a storage behind it: redirects, ranges, and every way in which real ones misbehave. */

export interface FakeHubPlan {
  /** Cut the connection after this many bytes of a body, each time, until the file is whole. */
  cutAfter?: number
  /** Answer so many requests with this status first. */
  refuse?: { status: number; times: number; headers?: Record<string, string>; where?: 'hub' | 'storage' }
  /** State a size that is not the file's. */
  lieAboutSize?: number
  /** Answer 200 with the whole file to every Range. */
  ignoreRange?: boolean
  /** Flip a byte of the body, the first so many times. */
  corrupt?: { times: number }
  /** Bytes per tick of 5 ms. */
  throttle?: number
  /** Send the head and then nothing, the first so many times. */
  stall?: { times: number }
}

export interface FakeHub extends AsyncDisposable {
  url: string
  plan: FakeHubPlan
  requests: { host: 'hub' | 'storage'; path: string; range: string | undefined; authorization: string | undefined }[]
}

/** @param files - bytes by `/owner/repo/resolve/rev/path` or `/owner/repo/releases/download/tag/path` */
export async function startFakeHub(files: Record<string, Uint8Array>, sha256: (bytes: Uint8Array) => string): Promise<FakeHub> {
  const requests: FakeHub['requests'] = []
  const hub: FakeHub = { url: '', plan: {}, requests, [Symbol.asyncDispose]: async () => {} }
  let storageUrl = ''
  const note = (host: 'hub' | 'storage', { url, headers }: IncomingMessage): void => {
    requests.push({ host, path: url!, range: headers.range, authorization: headers.authorization })
  }
  const refused = (host: 'hub' | 'storage', response: ServerResponse): boolean => {
    const { refuse } = hub.plan
    if (!refuse || refuse.times <= 0 || (refuse.where ?? 'hub') !== host) return false
    refuse.times -= 1
    response.writeHead(refuse.status, refuse.headers).end()
    return true
  }
  const front = createServer((request, response) => {
    note('hub', request)
    if (refused('hub', response)) return
    const bytes = files[request.url!]
    if (!bytes) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    response
      .writeHead(302, {
        location: `${storageUrl}${request.url}?sig=1`,
        'x-linked-etag': `"${sha256(bytes)}"`,
        'x-linked-size': String(hub.plan.lieAboutSize ?? bytes.length),
      })
      .end()
  })
  const storage = createServer((request, response) => {
    note('storage', request)
    if (refused('storage', response)) return
    void sendFile(files[request.url!.split('?')[0]!]!, request, response, hub.plan)
  })
  const listen = (server: typeof front): Promise<string> =>
    new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
    )
  hub.url = await listen(front)
  storageUrl = await listen(storage)
  hub[Symbol.asyncDispose] = async () => {
    for (const server of [front, storage]) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return hub
}

async function sendFile(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse, plan: FakeHubPlan): Promise<void> {
  const asked = plan.ignoreRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
  const from = asked === undefined ? 0 : Number(asked)
  if (asked !== undefined && from >= bytes.length) return void response.writeHead(416).end()
  const body = Buffer.from(bytes.subarray(from))
  if (plan.corrupt && plan.corrupt.times-- > 0) body[0]! ^= 0xff
  response.writeHead(asked === undefined ? 200 : 206, {
    'content-length': plan.lieAboutSize ?? body.length,
    ...(asked === undefined ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  })
  if (plan.stall && plan.stall.times-- > 0) return void response.flushHeaders()
  const most = plan.cutAfter ?? body.length
  const step = plan.throttle ?? Math.max(1, most)
  for (let at = 0; at < Math.min(most, body.length) && !response.destroyed; at += step) {
    response.write(body.subarray(at, Math.min(at + step, most, body.length)))
    if (plan.throttle) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  if (most < body.length) {
    // What was written must leave before the cut.
    await new Promise((resolve) => setTimeout(resolve, 20))
    response.destroy()
  } else response.end()
}
