import type { Observation } from '@vigia/protocol'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChatLlm } from '../src/engines/adapters/openai-chat/openai-chat.ts'
import { type FakeChatOptions, fail } from '../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import { visionContract } from '../src/engines/contract/vision-contract.ts'
import { llmVision } from '../src/engines/llm-vision/llm-vision.ts'
import { kitchenAnswer, knife } from '../src/engines/llm-vision/testing/scripted-llm.ts'
import { LiveClient } from './helpers/live-client.ts'
import { startTestServer } from './helpers/test-server.ts'
import { type FakeVisionServer, fakeVisionServer } from './helpers/vision-server.ts'

/** Photos through the whole server to a strict multimodal server and back. */

type Intercept = NonNullable<FakeChatOptions['intercept']>

let model: FakeVisionServer
let app: Awaited<ReturnType<typeof startTestServer>>
let answers: readonly string[]
let intercept: Intercept | null

beforeAll(async () => {
  const answer = (): string => answers[Math.min(model.bodies.length, answers.length) - 1] ?? ''
  model = await fakeVisionServer(answer, { intercept: (...args) => intercept?.(...args) ?? false })
  const settings = { adapter: 'openai', baseUrl: model.url, maxRetries: 0, timeoutMs: 1000 }
  app = await startTestServer({ engines: { vision: settings } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
})

/** What the model answers in this test, call by call; the last answer stays. */
function play(...script: string[]): void {
  answers = script
  intercept = null
  for (const list of [model.bodies, model.pictures, model.broken, model.asked]) list.length = 0
}

/** Thin lines, so that the picture has edges. */
const GRID = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="2000" stroke="#fff" stroke-width="8">${Array.from(
    { length: 19 },
    (_, i) => `<path d="M${(i + 1) * 150} 0V2000M0 ${(i + 1) * 100}H3000"/>`,
  ).join('')}</svg>`,
)

/** As a phone held upright takes it: stored lying, red on the left, which is the top; with place and camera. */
const phonePhoto = (): Promise<Buffer> =>
  sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#2030c0' } })
    .composite([
      { input: { create: { width: 1500, height: 2000, channels: 3, background: '#d02020' } }, left: 0, top: 0 },
      { input: GRID, left: 0, top: 0 },
    ])
    .withExif({
      IFD0: { Make: 'Gafas' },
      IFD3: { GPSLatitude: '40/1 25/1 0/1', GPSLatitudeRef: 'N', GPSLongitude: '3/1 42/1 0/1', GPSLongitudeRef: 'W' },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()

async function post(fields: Record<string, string> = {}, photos?: Uint8Array[]): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  for (const photo of photos ?? [await phonePhoto()])
    form.append(photos ? 'files[]' : 'file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'foto.jpg')
  return fetch(`${app.url}/vision/frame`, { method: 'POST', body: form })
}

test('the model gets an upright JPEG of at most 1280 px without metadata, and its answer becomes the observation', async () => {
  play(kitchenAnswer())
  const response = await post()
  expect(response.status).toBe(200)
  const seen = (await response.json()) as Observation
  expect(seen).toMatchObject({
    status: 'done',
    size: [2000, 3000],
    objects: ['una taza en el centro', 'una mesa de madera delante'],
    engine: { id: 'openai-chat', model: 'fake-model', method: 'model' },
  })
  expect(seen.timings.model).toBeLessThanOrEqual(seen.timings.total)
  expect(model.broken).toEqual([])
  const [picture] = model.pictures
  expect([picture?.width, picture?.height]).toEqual([853, 1280])
  expect(picture?.upper[0]).toBeGreaterThan(190)
  expect(picture?.lower[2]).toBeGreaterThan(170)
  const { response_format: format } = model.bodies[0]!
  expect(Object.keys(format?.json_schema?.schema.properties ?? {})).toEqual(expect.arrayContaining(['dangers', 'description']))
})

test('a question about the photo, in another language', async () => {
  play(kitchenAnswer({ description: 'Sur le panneau: «Sortie».' }))
  const response = await post({ prompt: 'Que dit le panneau ?', language: 'fr' })
  expect(((await response.json()) as Observation).description).toBe('Sur le panneau: «Sortie».')
  expect(model.asked[0]).toContain('Que dit le panneau ?')
  expect(JSON.stringify(model.bodies[0]?.messages[0])).toContain('French')
})

test('a burst is one request', async () => {
  play(kitchenAnswer())
  const photo = await phonePhoto()
  const response = await post({}, [photo, photo, photo])
  expect(response.status).toBe(200)
  expect(model.bodies).toHaveLength(1)
  expect(model.pictures.length).toBeLessThanOrEqual(3)
  expect(model.asked[0]).toMatch(/^(Son \d fotos|Describe)/)
})

describe('whatever the model does, one observation or one clear error', () => {
  const unusable = 'Lo siento, no puedo ayudar con eso.'
  test.each<[string, string[], number, string | null, number]>([
    ['half JSON, then whole', [kitchenAnswer().slice(0, 70), kitchenAnswer()], 200, null, 2],
    ['half JSON twice', [kitchenAnswer().slice(0, 70)], 502, 'vision_failed', 2],
    ['fenced JSON after thinking', [`<think>mmm</think>\n\`\`\`json\n${kitchenAnswer()}\n\`\`\``], 200, null, 1],
    ['a wrong grade twice', [kitchenAnswer({ dangers: [{ ...knife, severity: 'enorme' }] })], 200, null, 2],
    ['a refusal twice', [unusable], 502, 'vision_failed', 2],
    ['nothing at all', [''], 502, 'vision_failed', 2],
  ])('%s', async (_, script, status, code, calls) => {
    play(...script)
    const response = await post()
    const body = (await response.json()) as Observation & { error?: { code: string; message: string } }
    expect([response.status, body.error?.code ?? null]).toEqual([status, code])
    expect(model.bodies).toHaveLength(calls)
    expect(JSON.stringify(body.error ?? {})).not.toContain('Lo siento')
  })

  test.each([
    [429, 429, 'rate_limited'],
    [500, 503, 'engine_unavailable'],
  ])('status %i', async (answered, status, code) => {
    play('')
    intercept = (_, response) => {
      fail(response, answered, 'no')
      return true
    }
    const response = await post()
    const body = (await response.json()) as { error?: { code: string } }
    expect([response.status, body.error?.code]).toEqual([status, code])
  })

  test('a body that never comes: given up, and the photo is stored with the stage that failed', async () => {
    play('')
    intercept = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[{"index":0,"delta":{"content":"{"}}]}\n\n')
      return true
    }
    const pending = await fetch(`${app.url}/vision/frame`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'respond-async' },
      body: JSON.stringify({ image_b64: (await phonePhoto()).toString('base64') }),
    })
    expect(pending.status).toBe(202)
    const { frame_id } = (await pending.json()) as Observation
    await expect
      .poll(async () => ((await (await fetch(`${app.url}/vision/frames/${frame_id}`)).json()) as Observation).status, {
        timeout: 10_000,
      })
      .toBe('failed')
    const failed = (await (await fetch(`${app.url}/vision/frames/${frame_id}`)).json()) as Observation
    expect(failed.description).toContain('etapa: model')
  })
})

describe('a danger of high severity', () => {
  const grave = kitchenAnswer({ objects: ['un cuchillo al borde de la mesa'], dangers: [knife] })

  test.each([
    ['confirmed by the second question: an alert on the live socket', 'yes', 1],
    ['denied by it: no alert', 'no', 0],
  ])('%s', async (_, seen, alerts) => {
    play(grave, JSON.stringify({ seen, where: 'a la derecha' }))
    await using client = await LiveClient.connect(app.url)
    const { session_id } = await client.open({})
    const response = await post({ session_id })
    expect(response.status).toBe(200)
    await client.next('observation')
    client.send({ type: 'ping' })
    await client.next('pong')
    expect(client.all('alert')).toHaveLength(alerts)
    expect(model.asked[1]).toContain('un cuchillo (al borde de la mesa)')
    if (alerts > 0) expect(client.all('alert')[0]).toMatchObject({ what: 'un cuchillo', severity: 'high' })
  })
})

test('in assistant mode the danger is spoken', async () => {
  play(kitchenAnswer({ objects: ['un cuchillo al borde de la mesa'], dangers: [{ ...knife, severity: 'medium' }] }))
  await using client = await LiveClient.connect(app.url)
  const { session_id } = await client.open({ mode: 'assistant' })
  await post({ session_id })
  const done = await client.next('reply_done')
  expect(done.text).toBe('Cuidado: un cuchillo, al borde de la mesa, corte.')
  expect(client.all('alert')).toHaveLength(1)
  expect(client.all('reply_done')).toHaveLength(1)
})

visionContract(
  'a model behind an OpenAI-compatible server',
  async () => {
    const own = await fakeVisionServer(() => kitchenAnswer())
    const vision = llmVision(await openChatLlm({ baseUrl: own.url, images: true }))
    return { ...vision, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() }
  },
  async () => {
    const draw = (background: string) =>
      sharp({ create: { width: 64, height: 48, channels: 3, background } })
        .jpeg()
        .toBuffer()
    const measured = { width: 64, height: 48, light: 120, sharpness: 500, colors: [], dhash: '0'.repeat(16) }
    return { first: await draw('#ffffff'), second: await draw('#909090'), measured }
  },
)
