import { setTimeout as sleep } from 'node:timers/promises'
import type { FrameGallery, Observation } from '@vigia/protocol'
import sharp from 'sharp'
import { WebSocket } from 'ws'
import { fakeChatServer } from '../../packages/server/src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import { startVigia } from '../lib/processes.ts'
import type { Figure, Row } from '../lib/row.ts'
import { percentile } from '../lib/stats.ts'

/** Twenty photos a second into one session with a model that takes half a second: answers stay fast, only the newest waits. */
export const photoBurst: Row = {
  name: 'photo-burst',
  title: 'Photos faster than a model describes them',
  async run(context) {
    const model = { working: 0, most: 0, calls: 0 }
    await using vlm = await fakeChatServer({
      answer: async () => {
        model.calls += 1
        model.working += 1
        model.most = Math.max(model.most, model.working)
        await sleep(MODEL_MS)
        model.working -= 1
        return [ANSWER]
      },
    })
    const flags = ['--engines.vision.adapter', 'openai', '--engines.vision.base-url', vlm.url]
    await using server = await startVigia(context.dir, flags)
    const photos = await Promise.all(Array.from({ length: 24 }, (_, seed) => photoOf(seed)))
    await post(server.url, photos[0]!, null, false)

    const overheads: number[] = []
    for (const photo of photos.slice(0, context.by({ smoke: 2, short: 8, full: 20 }))) {
      const begin = performance.now()
      await post(server.url, photo, null, false)
      overheads.push(performance.now() - begin - MODEL_MS)
    }

    Object.assign(model, { most: 0, calls: 0 })
    const { sessionId, close } = await openSession(server.url)
    const seconds = context.by({ smoke: 1, short: 5, full: 20 })
    const accepted = await burst(server.url, photos, sessionId, seconds)
    await sleep(3 * MODEL_MS)
    const statuses = await statusesOf(server.url, sessionId)
    close()
    const count = (status: Observation['status']): number => statuses.filter((one) => one === status).length
    return figures({
      overheads,
      accepted,
      sent: PER_SECOND * seconds,
      most: model.most,
      done: count('done'),
      superseded: count('superseded'),
      all: statuses.length,
    })
  },
}

const MODEL_MS = 500
const PER_SECOND = 20
const ANSWER = JSON.stringify({
  dangers: [],
  description: 'Una mesa.',
  people: [],
  objects: ['una mesa'],
  text_visible: [],
  surroundings: '',
  activities: [],
  suggestions: [],
  uncertain: [],
})

interface Measured {
  overheads: number[]
  accepted: number[]
  sent: number
  most: number
  done: number
  superseded: number
  all: number
}

function figures({ overheads, accepted, sent, most, done, superseded, all }: Measured): Figure[] {
  const rate = `${PER_SECOND} photos a second into one session`
  return [
    {
      what: `answer beyond the model's own ${MODEL_MS} ms, one photo at a time, median`,
      unit: 'ms',
      ours: percentile(overheads, 0.5),
      better: 'less',
    },
    {
      what: `202 after the photo is durable, ${rate}, median`,
      unit: 'ms',
      ours: percentile(accepted, 0.5),
      better: 'less',
    },
    {
      what: `202 after the photo is durable, ${rate}, p95`,
      unit: 'ms',
      ours: percentile(accepted, 0.95),
      better: 'less',
      goal: { of: 'ours', max: MODEL_MS },
    },
    {
      what: `requests that the model has at once, ${rate}`,
      unit: 'requests',
      ours: most,
      better: 'less',
      goal: { of: 'ours', max: 1 },
      note: `of ${sent} photos ${sent - accepted.length} refused for now (429), ${done} described, ${superseded} replaced by a newer one, ${all - done - superseded} left`,
    },
  ]
}

async function burst(url: string, photos: readonly Buffer[], sessionId: string, seconds: number): Promise<number[]> {
  const times: number[] = []
  const begin = performance.now()
  const sends = Array.from({ length: seconds * PER_SECOND }, async (_, i) => {
    await sleep(Math.max(0, begin + (i * 1000) / PER_SECOND - performance.now()))
    const sent = performance.now()
    if (await post(url, photos[i % photos.length]!, sessionId, true)) times.push(performance.now() - sent)
  })
  await Promise.all(sends)
  return times
}

/** @returns false when too many were being decoded, which a machine without room may answer */
async function post(url: string, photo: Buffer, sessionId: string | null, async: boolean): Promise<boolean> {
  const form = new FormData()
  if (sessionId !== null) form.set('session_id', sessionId)
  form.append('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg')
  const headers: Record<string, string> = async ? { prefer: 'respond-async' } : {}
  const answer = await fetch(`${url}/vision/frame`, { method: 'POST', body: form, headers })
  await answer.arrayBuffer()
  if (async && answer.status === 429) return false
  if (!answer.ok) throw new Error(`a photo was answered with ${answer.status}`)
  return true
}

async function statusesOf(url: string, sessionId: string): Promise<Observation['status'][]> {
  const answer = await fetch(`${url}/sessions/${sessionId}/frames`)
  return ((await answer.json()) as FrameGallery).frames.map(({ status }) => status)
}

async function openSession(url: string): Promise<{ sessionId: string; close: () => void }> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/audio`)
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  const acknowledged = new Promise<string>((resolve) => {
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? null : (JSON.parse(String(data)) as { type: string; session_id?: string })
      if (message?.type === 'config_ack') resolve(message.session_id ?? '')
    })
  })
  socket.send(JSON.stringify({ type: 'config', results: 'end' }))
  return { sessionId: await acknowledged, close: () => socket.terminate() }
}

/** Blocks of a seeded pattern: each seed looks different, so that no photo passes for another. */
async function photoOf(seed: number): Promise<Buffer> {
  const [width, height] = [1280, 960]
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const block = Math.imul((x >> 6) * 374_761_393 + (y >> 6) * 668_265_263 + seed * 2_246_822_519, 1_274_126_177) >>> 24
      pixels[at++] = block
      pixels[at++] = 255 - block
      pixels[at++] = (block + 7 * seed) & 255
    }
  }
  return await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer()
}
