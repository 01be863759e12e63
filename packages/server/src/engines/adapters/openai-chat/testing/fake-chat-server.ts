import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A strict server of the chat API: it refuses every field that its kind does not know, and answers by a script. */

export interface FakeChatOptions {
  /** Top-level fields that it takes beside `model`, `messages` and `stream`. */
  takes?: readonly string[]
  /** `response_format.type`s that it takes. */
  formats?: readonly string[]
  model?: string
  ownedBy?: string
  key?: string
  /** Text of an answer; pieces are sent one by one. */
  answer?: (body: ChatBody, call: number) => string[] | Promise<string[]>
  /** Takes over a request; true when it answered it. */
  intercept?: (request: IncomingMessage, response: ServerResponse, call: number, body: ChatBody) => boolean
}

export interface ChatBody {
  model: string
  messages: { role: string; content: unknown }[]
  stream: boolean
  max_tokens?: number
  max_completion_tokens?: number
  response_format?: { type: string; json_schema?: { schema: { properties: Record<string, { enum?: string[] }> } } }
  [field: string]: unknown
}

export interface FakeChatServer extends AsyncDisposable {
  url: string
  bodies: ChatBody[]
}

const USUAL = ['max_tokens', 'temperature', 'top_p', 'seed', 'stop', 'stream_options', 'tools', 'tool_choice', 'response_format']

export async function fakeChatServer(options: FakeChatOptions = {}): Promise<FakeChatServer> {
  const {
    takes = USUAL,
    formats = ['json_schema', 'json_object'],
    model = 'fake-model',
    ownedBy = 'fake',
    key,
    answer = defaultAnswer,
    intercept,
  } = options
  const bodies: ChatBody[] = []
  let calls = 0
  const server = createServer((request, response) => {
    void (async () => {
      if (key && request.headers.authorization !== `Bearer ${key}`) return fail(response, 401, 'wrong key')
      if (request.url === '/v1/models') return json(response, { data: [{ id: model, owned_by: ownedBy, max_model_len: 4096 }] })
      if (request.url !== '/v1/chat/completions') return fail(response, 404, 'no such route')
      const body = JSON.parse(await textOf(request)) as ChatBody
      bodies.push(body)
      if (intercept?.(request, response, ++calls, body)) return
      const known = ['model', 'messages', 'stream', ...takes]
      const unknown = Object.keys(body).find((field) => !known.includes(field))
      if (unknown) return fail(response, 400, `Unrecognized request argument supplied: ${unknown}`)
      const format = body.response_format?.type
      if (format && !formats.includes(format)) return fail(response, 400, `response_format type ${format} is not supported`)
      await stream(response, body, await answer(body, calls))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Fits the schema where there is one: the first word of each enumeration. */
export function defaultAnswer(body: ChatBody): string[] {
  const properties = body.response_format?.json_schema?.schema.properties
  if (!properties) return ['Hola', ', ', 'uno ', 'dos ', 'tres ', 'cuatro']
  const value = Object.entries(properties).map(([name, { enum: words }]) => [
    name,
    words?.[0] ?? (name === 'marks' ? ['x'] : true),
  ])
  return JSON.stringify(Object.fromEntries(value)).split(/(?<=[,:])/u)
}

async function stream(response: ServerResponse, body: ChatBody, pieces: readonly string[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (value: unknown): void => void response.write(`data: ${JSON.stringify(value)}\n\n`)
  const most = body.max_tokens ?? body.max_completion_tokens ?? 100
  send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  for (const content of pieces.slice(0, most)) {
    if (response.destroyed) return
    send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
    await new Promise(setImmediate)
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: pieces.length > most ? 'length' : 'stop' }] })
  if (body.stream_options) send({ choices: [], usage: { prompt_tokens: 7, completion_tokens: Math.min(most, pieces.length) } })
  response.end('data: [DONE]\n\n')
}

export function fail(response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { message } }))
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
