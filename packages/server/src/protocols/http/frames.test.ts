import { FrameGallery, Observation, toErrorBody, VigiaError } from '@vigia/protocol'
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countingVision, fakePhotos, fakeStore, heldVision } from '../../vision/testing/fakes.ts'
import { jpegHeader, pngHeader } from '../../vision/testing/header-bytes.ts'
import { createVisionService } from '../../vision/vision-service.ts'
import { frameRoutes } from './frames.ts'

const photo = jpegHeader(640, 480)
const MAX = 100_000

let store: Awaited<ReturnType<typeof fakeStore>>
beforeEach(async () => {
  store = await fakeStore([
    { id: 's1', owner: null, language: 'es' },
    { id: 's2', owner: 'key-a', language: 'es' },
  ])
})
afterEach(() => store[Symbol.asyncDispose]())

async function serve(options: { vision?: ReturnType<typeof countingVision>; held?: ReturnType<typeof heldVision> } = {}) {
  const vision = createVisionService({
    photos: fakePhotos(),
    vision: options.held ?? options.vision ?? countingVision(),
    store,
    locate: async () => 2000,
  })
  const app = Fastify()
  app.setErrorHandler((error, _request, reply) => {
    const status = VigiaError.is(error) ? error.spec.http : ((error as { statusCode?: number }).statusCode ?? 500)
    return reply.code(status).send({ error: toErrorBody(error) })
  })
  app.decorateRequest('principal')
  app.addHook('onRequest', async (request) => {
    const owner = request.headers['x-key']?.toString() ?? null
    request.principal = { owner, scopes: ['live', 'read'], seesAll: owner === null }
  })
  await app.register(frameRoutes, {
    vision,
    store,
    limits: { maxImageBytes: MAX },
  })
  return app
}

function form(fields: Record<string, string>, ...files: Uint8Array[]) {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.set(name, value)
  for (const file of files) data.append(files.length > 1 ? 'files[]' : 'file', new Blob([Buffer.from(file)]), 'foto.jpg')
  return data
}

async function post(app: Awaited<ReturnType<typeof serve>>, body: FormData | object, headers: Record<string, string> = {}) {
  if (!(body instanceof FormData)) return app.inject({ method: 'POST', url: '/vision/frame', payload: body, headers })
  const encoded = new Response(body)
  return app.inject({
    method: 'POST',
    url: '/vision/frame',
    payload: Buffer.from(await encoded.arrayBuffer()),
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', ...headers },
  })
}

const b64 = Buffer.from(photo).toString('base64')

describe('POST /vision/frame', () => {
  test('takes a multipart form and answers the observation', async () => {
    const vision = countingVision()
    const app = await serve({ vision })
    const timestamp = new Date(Date.now() - 1000).toISOString()
    const answer = await post(app, form({ session_id: 's1', timestamp, prompt: '¿Qué pone?', language: 'en' }, photo))
    expect(answer.statusCode).toBe(200)
    expect(Observation.parse(answer.json())).toMatchObject({
      session_id: 's1',
      at: 2,
      captured_at: timestamp,
      description: 'foto 1',
    })
    expect(vision.requests[0]).toMatchObject({ prompt: '¿Qué pone?', language: 'en' })
  })

  test('takes milliseconds as text in a form', async () => {
    const taken = Date.now() - 5000
    const answer = await post(await serve(), form({ timestamp: String(taken) }, photo))
    expect(answer.json()).toMatchObject({ captured_at: new Date(taken).toISOString(), captured_by: 'client', session_id: null })
  })

  test('takes a burst as files[]', async () => {
    const vision = countingVision()
    await post(await serve({ vision }), form({}, photo, photo, photo))
    expect(vision.requests[0]?.images).toHaveLength(3)
  })

  test.each([
    ['plain', b64],
    ['with a data: prefix', `data:image/jpeg;base64,${b64}`],
    ['in the URL-safe alphabet, unpadded', Buffer.from(photo).toString('base64url')],
    ['with line breaks', b64.replace(/.{20}/g, '$&\r\n')],
  ])('takes JSON with base64 %s', async (_, image_b64) => {
    const answer = await post(await serve(), { image_b64, session_id: 's1' })
    expect(answer.statusCode).toBe(200)
  })

  test('reads the other fields from metadata where they stand there', async () => {
    const vision = countingVision()
    const app = await serve({ vision })
    const answer = await post(app, { image_b64: b64, metadata: { session_id: 's1', prompt: '¿Hay alguien?', device: 'gafas' } })
    expect(answer.json().session_id).toBe('s1')
    expect(vision.requests[0]?.prompt).toBe('¿Hay alguien?')
  })

  test('answers 202 at once when asked to, and the observation can be fetched later', async () => {
    const held = heldVision()
    const app = await serve({ held })
    const answer = await post(app, { image_b64: b64 }, { prefer: 'respond-async, wait=5' })
    expect(answer.statusCode).toBe(202)
    expect(answer.headers['preference-applied']).toBe('respond-async')
    expect(answer.json().status).toBe('pending')
    const location = String(answer.headers.location)
    expect((await app.inject(location)).json().status).toBe('pending')
    held.calls[0]?.answer({ description: 'ya' })
    await new Promise(setImmediate)
    expect((await app.inject(location)).json()).toMatchObject({ status: 'done', description: 'ya' })
  })

  test('has a second name for the JSON form', async () => {
    const app = await serve()
    const answer = await app.inject({ method: 'POST', url: '/vision/frame_b64', payload: { image_b64: b64 } })
    expect(answer.statusCode).toBe(200)
  })
})

describe('what is refused', () => {
  test.each([
    ['text instead of a photo', { image_b64: Buffer.from('hola mundo').toString('base64') }, 415, 'unsupported_image'],
    ['50 000 × 50 000 pixels', { image_b64: Buffer.from(pngHeader(50_000, 50_000)).toString('base64') }, 413, 'image_too_large'],
    ['a photo cut in its header', { image_b64: Buffer.from(photo.subarray(0, 12)).toString('base64') }, 422, 'invalid_image'],
    ['no photo', { session_id: 's1' }, 400, 'invalid_request'],
    ['an empty photo', { image_b64: '' }, 400, 'invalid_base64'],
    ['base64 garbage', { image_b64: '%%%%' }, 400, 'invalid_base64'],
    ['base64 of an impossible length', { image_b64: 'AAAAA' }, 400, 'invalid_base64'],
    ['more base64 than a photo may have', { image_b64: 'A'.repeat(2 * MAX) }, 413, 'image_too_large'],
    ['a session id with ../', { image_b64: b64, session_id: '../etc/passwd' }, 400, 'invalid_session_id'],
    ['an unknown session', { image_b64: b64, session_id: 'nobody' }, 404, 'session_not_found'],
    ['a time that is none', { image_b64: b64, timestamp: 'ayer' }, 400, 'invalid_request'],
  ])('%s', async (_, body, status, code) => {
    const answer = await post(await serve(), body)
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
    expect(store.rows.size).toBe(0)
  })

  test('a form without a file, with too large a file, with too many, and one cut short', async () => {
    const app = await serve()
    const codes = []
    for (const body of [form({ session_id: 's1' }), form({}, new Uint8Array(MAX + 1)), form({}, ...Array(7).fill(photo))]) {
      codes.push((await post(app, body)).json().error.code)
    }
    expect(codes).toEqual(['invalid_request', 'image_too_large', 'invalid_request'])
    const cut = await app.inject({
      method: 'POST',
      url: '/vision/frame',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      payload: '--x\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc',
    })
    expect([cut.statusCode, cut.json().error.code]).toEqual([400, 'invalid_request'])
  })

  test('a session of another key', async () => {
    const app = await serve()
    expect((await post(app, { image_b64: b64, session_id: 's2' }, { 'x-key': 'key-b' })).statusCode).toBe(404)
    expect((await post(app, { image_b64: b64, session_id: 's2' }, { 'x-key': 'key-a' })).statusCode).toBe(200)
  })
})

describe('GET /vision/frames/:id', () => {
  test('gives the observation, the picture and its thumbnail', async () => {
    const app = await serve()
    const { frame_id } = (await post(app, { image_b64: b64 })).json()
    expect((await app.inject(`/vision/frames/${frame_id}`)).json()).toMatchObject({ frame_id, status: 'done' })
    const image = await app.inject(`/vision/frames/${frame_id}/image`)
    expect([image.statusCode, image.headers['content-type'], image.rawPayload.length]).toEqual([200, 'image/jpeg', 3])
    expect((await app.inject(`/vision/frames/${frame_id}/image?variant=thumb`)).rawPayload).toEqual(Buffer.of(1))
  })

  test('knows no other ids, variants or paths', async () => {
    const app = await serve()
    const { frame_id } = (await post(app, { image_b64: b64 }, { 'x-key': 'key-a' })).json()
    const status = async (url: string, headers = {}) => (await app.inject({ url, headers })).statusCode
    expect(await status('/vision/frames/nope')).toBe(404)
    expect(await status('/vision/frames/..%2F..%2Fetc%2Fpasswd/image')).toBe(404)
    expect(await status(`/vision/frames/${frame_id}/image?variant=..%2Fx`)).toBe(400)
    expect(await status(`/vision/frames/${frame_id}/image?variant=burst1`)).toBe(404)
    expect(await status(`/vision/frames/${frame_id}`, { 'x-key': 'key-b' })).toBe(404)
  })
})

describe('GET /sessions/:id/frames', () => {
  test('is the gallery of a session in timeline order, with where its pictures are', async () => {
    const app = await serve()
    const { frame_id } = (await post(app, { image_b64: b64, session_id: 's1' })).json()
    await post(app, { image_b64: b64 })
    const gallery = (await app.inject('/sessions/s1/frames')).json()
    expect(FrameGallery.parse(gallery).frames).toMatchObject([
      { frame_id, session_id: 's1', thumb: `/vision/frames/${frame_id}/image?variant=thumb` },
    ])
    expect((await app.inject(gallery.frames[0].thumb)).rawPayload).toEqual(Buffer.of(1))
  })

  test('knows no other sessions', async () => {
    const app = await serve()
    for (const id of ['nobody', '..%2Fx']) expect((await app.inject(`/sessions/${id}/frames`)).statusCode).toBe(404)
  })
})
