import { once } from 'node:events'
import sharp from 'sharp'
import { fakeChatServer } from '../../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import { readWav } from '../../src/media/wav.ts'

/** A strict stand-in for an engine that hears and sees behind the chat API: it refuses what VITA-1.5 or Qwen-Omni would not take. */

export interface OmniRequest {
  texts: string[]
  wavs: Uint8Array[]
  pictures: { width: number; height: number; format: string }[]
}

export interface OmniServer extends AsyncDisposable {
  readonly url: string
  /** What it says, always. */
  readonly answer: string
  readonly asked: OmniRequest[]
  /** Rules that were broken. */
  readonly complaints: string[]
  /** True: an answer stays open after its first sentence. */
  hold: boolean
  reset(): void
  /** Resolves when so many held answers were given up by their caller. */
  untilClosed(count: number): Promise<void>
}

interface Part {
  type: string
  text?: string
  input_audio?: { data: string; format: string }
  image_url?: { url: string }
}

const ANSWER = 'Hoy hace sol en toda la ciudad. Luego refresca.'
const MAX_SECONDS = 31

export async function startOmniServer(): Promise<OmniServer> {
  const asked: OmniRequest[] = []
  const complaints: string[] = []
  const closed: Promise<unknown>[] = []
  const omni = { hold: false }
  const complain = (text: string): void => void complaints.push(text)
  const server = await fakeChatServer({
    takes: ['max_tokens', 'temperature', 'stream_options'],
    ownedBy: 'vllm',
    model: 'omni-fake',
    intercept(_request, response, _call, body) {
      if (!omni.hold) return false
      void inspect(body.messages as Message[], complain).then((request) => asked.push(request))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const delta = { content: ANSWER.slice(0, ANSWER.indexOf('.') + 2) }
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`)
      closed.push(once(response, 'close'))
      return true
    },
    async answer(body) {
      asked.push(await inspect(body.messages as Message[], complain))
      return ANSWER.split(/(?<= )/u)
    },
  })
  return Object.assign(omni, {
    url: server.url,
    answer: ANSWER,
    asked,
    complaints,
    reset() {
      asked.length = 0
      complaints.length = 0
      omni.hold = false
    },
    async untilClosed(count: number) {
      await Promise.all(closed.slice(0, count))
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  })
}

interface Message {
  role: string
  content: string | Part[]
}

async function inspect(messages: readonly Message[], complain: (text: string) => void): Promise<OmniRequest> {
  const request: OmniRequest = { texts: [], wavs: [], pictures: [] }
  const last = messages.length - 1
  for (const [i, { role, content }] of messages.entries()) {
    if (i === last && role !== 'user') complain(`the last message is of "${role}"`)
    for (const part of typeof content === 'string' ? [{ type: 'text', text: content }] : content) {
      if (part.type !== 'text' && i !== last) complain(`a part of type "${part.type}" in an earlier message`)
      await take(part, request, complain)
    }
  }
  if (request.wavs.length > 1) complain(`${request.wavs.length} sounds in one request`)
  return request
}

async function take(part: Part, request: OmniRequest, complain: (text: string) => void): Promise<void> {
  if (part.type === 'text') request.texts.push(part.text ?? '')
  else if (part.type === 'input_audio') {
    const wav = new Uint8Array(Buffer.from(part.input_audio?.data ?? '', 'base64'))
    const { samples, sampleRate } = readWav(wav)
    if (part.input_audio?.format !== 'wav' || sampleRate !== 16_000)
      complain(`sound as ${part.input_audio?.format}, ${sampleRate} Hz`)
    if (samples.length === 0 || samples.length > MAX_SECONDS * sampleRate) complain(`${samples.length} samples of sound`)
    request.wavs.push(wav)
  } else if (part.type === 'image_url') {
    const { width, height, format } = await sharp(
      Buffer.from(part.image_url!.url.replace(/^data:image\/jpeg;base64,/u, ''), 'base64'),
    ).metadata()
    if (format !== 'jpeg' || Math.max(width, height) > 1280) complain(`a picture of ${width} × ${height}, ${format}`)
    request.pictures.push({ width, height, format })
  } else complain(`a part of type "${part.type}"`)
}
