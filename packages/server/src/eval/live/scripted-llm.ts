import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../std/clock.ts'
import type { Rule } from './scenario.ts'

/** A language model that says what a script says, behind an OpenAI-compatible endpoint; and an HTTP tool beside it. */

export interface ScriptedLlm extends AsyncDisposable {
  readonly url: string
  /** Where the HTTP tool is. */
  readonly toolUrl: string
  /** Answers that wait for the clock or hang: everything else is being worked on. */
  readonly waiting: number
  /** Whole prompts, oldest first, as text. */
  readonly asked: string[]
  readonly toolCalls: string[]
  script(rules: readonly Rule[], toolMs: number): void
}

interface WireMessage {
  role: string
  content: string | { type: string; text?: string }[] | null
}

const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

const textOf = ({ content }: WireMessage): string =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n')

export async function startScriptedLlm(clock: Clock): Promise<ScriptedLlm> {
  let rules: readonly Rule[] = []
  let toolMs = 0
  let waiting = 0
  let calls = 0
  const asked: string[] = []
  const toolCalls: string[] = []

  /** On the scenario's clock, counted as waiting. False when the caller has gone. */
  const pause = (ms: number, response: ServerResponse): Promise<boolean> => {
    if (ms === 0) return Promise.resolve(!response.destroyed)
    waiting += 1
    return new Promise((resolve) => {
      const end = (alive: boolean): void => {
        if (!stop) return
        stop()
        stop = null
        waiting -= 1
        resolve(alive)
      }
      let stop: (() => void) | null = clock.setTimeout(() => end(true), ms)
      response.on('close', () => end(false))
    })
  }

  const answer = async (messages: WireMessage[], response: ServerResponse): Promise<void> => {
    asked.push(messages.map((message) => `${message.role}: ${textOf(message)}`).join('\n'))
    const toolAnswer = messages.at(-1)?.role === 'tool' ? textOf(messages.at(-1)!) : null
    const user = fold(textOf(messages.findLast((message) => message.role === 'user') ?? { role: 'user', content: '' }))
    const rule = rules.find((one) => new RegExp(fold(one.match), 'u').test(user))
    if (rule?.fail) {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"the script says so"}}')
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const send = (delta: object, finish: string | null = null): void => {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`)
    }
    if (rule?.hang) {
      await pause(10 * 60_000, response)
      return
    }
    if (!(await pause(rule?.firstMs ?? 0, response))) return
    if (rule?.tool && toolAnswer === null) {
      const call = {
        index: 0,
        id: `call_${++calls}`,
        type: 'function',
        function: { name: rule.tool.name, arguments: JSON.stringify(rule.tool.args) },
      }
      send({ role: 'assistant', tool_calls: [call] })
      send({}, 'tool_calls')
    } else {
      const text = toolAnswer !== null ? (rule?.after ?? 'Hecho.').replace('{result}', toolAnswer) : (rule?.say ?? 'No lo sé.')
      for (const [i, word] of text.split(/(?<= )/u).entries()) {
        if (i > 0 && !(await pause(rule?.wordMs ?? 0, response))) return
        send({ content: word })
      }
      send({}, 'stop')
    }
    response.end('data: [DONE]\n\n')
  }

  const server = createServer((request, response) => void handle(request, response))
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    if (request.url === '/v1/models') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[{"id":"scripted","max_model_len":8192}]}')
    } else if (request.url === '/v1/chat/completions') {
      await answer((JSON.parse(body) as { messages: WireMessage[] }).messages, response)
    } else if (request.url === '/tool') {
      toolCalls.push(body)
      if (await pause(toolMs, response)) response.writeHead(200).end('hecho')
    } else response.writeHead(404).end('{}')
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${root}/v1`,
    toolUrl: `${root}/tool`,
    get waiting() {
      return waiting
    },
    asked,
    toolCalls,
    script(next, ms) {
      rules = next
      toolMs = ms
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
