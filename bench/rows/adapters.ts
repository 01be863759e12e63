import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'
import { startVigia } from '../lib/processes.ts'
import { dialogue } from '../lib/recordings.ts'
import type { Figure, Row, RowContext } from '../lib/row.ts'
import { interleave, middle, percentile, ratioOf, type Sample } from '../lib/stats.ts'

/** The same photo and the same samples by each API's route: what an adapter adds to the native one. */
export const adapters: Row = {
  name: 'adapters',
  title: 'Other APIs: requests beside the native route, a photo of 1024 pixels, measured',
  async run(context) {
    const photo = (await picture()).toString('base64')
    const rounds = context.by({ smoke: 1, short: 3, full: 5 })
    const samples = await interleave(rounds, {
      native: () => load(context, '/vision/frame', { image_b64: photo }),
      gemini: () => load(context, '/v1beta/models/x:generateContent', geminiBody(photo)),
      openai: () => load(context, '/v1/chat/completions', openAiBody(photo)),
    })
    const heard = await interleave(rounds, {
      native: () => load(context, '/sessions', null),
      deepgram: () => load(context, '/v1/listen', null),
    })
    return [
      ...figures('Gemini generateContent', samples.gemini, samples.native),
      ...figures('OpenAI chat', samples.openai, samples.native),
      {
        what: 'Deepgram listen, 4 s of speech: the transcript is in the answer, the native upload answers before it is made',
        unit: 'ms',
        better: 'less' as const,
        ours: middle(heard.deepgram, 'p50'),
        than: { name: 'native upload, accepted', value: middle(heard.native, 'p50') },
      },
    ]
  },
}

const CLIENTS = 4
const NOT_KEPT = { 'x-vigia-store': 'false' }

function figures(name: string, ours: readonly Sample[], native: readonly Sample[]): Figure[] {
  const line = (key: string, what: string, unit: string, better: Figure['better']): Figure => ({
    what: `${name}: ${what}`,
    unit,
    better,
    ours: middle(ours, key),
    than: { name: 'native route', value: middle(native, key) },
    ...ratioOf(ours, native, key),
  })
  return [line('perSecond', 'requests per second', 'requests', 'more'), line('p50', 'answer, median', 'ms', 'less')]
}

/** @param body - JSON; null sends speech as bytes */
async function load({ by, dir }: RowContext, route: string, body: object | null): Promise<Sample> {
  const count = body ? by({ smoke: 8, short: 60, full: 200 }) : by({ smoke: 2, short: 8, full: 20 })
  const flags = ['--engines.vision.adapter', 'measured']
  await using server = await startVigia(await mkdtemp(path.join(dir, 'adapters-')), flags)
  await post(server.url + route, body, CLIENTS)
  const begin = performance.now()
  const times = await post(server.url + route, body, count)
  return { perSecond: (count * 1000) / (performance.now() - begin), p50: percentile(times, 0.5) }
}

async function post(url: string, body: object | null, count: number): Promise<number[]> {
  const speech = dialogue().subarray(0, 16_000 * 2 * 4)
  const times: number[] = []
  let next = 0
  const client = async (): Promise<void> => {
    while (next++ < count) {
      const begin = performance.now()
      const answer = body
        ? await fetch(url, {
            method: 'POST',
            headers: { ...NOT_KEPT, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
        : await fetch(`${url}?encoding=${url.includes('/listen') ? 'linear16' : 'pcm16'}&sample_rate=16000`, {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: new Uint8Array(speech),
          })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
      times.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return times
}

const geminiBody = (data: string) => ({ contents: [{ parts: [{ inlineData: { mimeType: 'image/jpeg', data } }] }] })
const openAiBody = (data: string) => ({
  model: 'x',
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/jpeg;base64,${data}` } }] }],
})

async function picture(): Promise<Buffer> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 }
  return sharp({ create: { width: 1024, height: 768, channels: 3, background: '#888', noise } })
    .jpeg({ quality: 80 })
    .toBuffer()
}
