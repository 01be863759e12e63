import sharp from 'sharp'
import {
  type ChatBody,
  type FakeChatOptions,
  type FakeChatServer,
  fakeChatServer,
} from '../../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'

/** What the server found in a picture that it was sent. */
export interface SeenPicture {
  width: number
  height: number
  /** Mean red, green, blue of the upper and the lower half. */
  upper: number[]
  lower: number[]
}

export interface FakeVisionServer extends FakeChatServer {
  pictures: SeenPicture[]
  /** Rules that a picture broke; empty when all is well. */
  broken: string[]
  /** Text of the last message of each request. */
  asked: string[]
}

/** A chat server that decodes every picture it gets, as strictly as the strictest: JPEG in a data URL, upright, ≤ 1280 px, no metadata. */
export async function fakeVisionServer(
  answer: (call: number, body: ChatBody) => string,
  options: FakeChatOptions = {},
): Promise<FakeVisionServer> {
  const pictures: SeenPicture[] = []
  const broken: string[] = []
  const asked: string[] = []
  const server = await fakeChatServer({
    ...options,
    answer: async (body, call) => {
      const parts = body.messages.flatMap(({ content }) => (Array.isArray(content) ? (content as ContentPart[]) : []))
      const urls = parts.flatMap((part) => (part.type === 'image_url' ? [part.image_url?.url ?? ''] : []))
      if (urls.length === 0) broken.push('no picture')
      for (const url of urls) pictures.push(await look(url, broken))
      asked.push(parts.findLast(({ type }) => type === 'text')?.text ?? '')
      return answer(call, body).match(/[\s\S]{1,60}/g) ?? []
    },
  })
  return Object.assign(server, { pictures, broken, asked })
}

interface ContentPart {
  type: string
  text?: string
  image_url?: { url?: string }
}

async function look(url: string, broken: string[]): Promise<SeenPicture> {
  const base64 = /^data:image\/jpeg;base64,([A-Za-z0-9+/]+={0,2})$/.exec(url)?.[1]
  if (!base64) broken.push('no JPEG in a data URL')
  const bytes = Buffer.from(base64 ?? '', 'base64')
  const metadata = await sharp(bytes).metadata()
  const { width, height } = metadata
  if (metadata.format !== 'jpeg') broken.push(`format ${metadata.format}`)
  if (Math.max(width, height) > 1280) broken.push(`${width} × ${height}`)
  if (metadata.exif || metadata.xmp || metadata.iptc || metadata.icc) broken.push('metadata')
  if (metadata.orientation !== undefined && metadata.orientation !== 1) broken.push(`orientation ${metadata.orientation}`)
  const half = async (top: number) => {
    const part = sharp(bytes).extract({ left: 0, top, width, height: Math.floor(height / 2) })
    const { channels } = await sharp(await part.png().toBuffer()).stats()
    return channels.map(({ mean }) => Math.round(mean))
  }
  return { width, height, upper: await half(0), lower: await half(Math.ceil(height / 2)) }
}
