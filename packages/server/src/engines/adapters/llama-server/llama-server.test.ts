import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VigiaError } from '@vigia/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigSchema } from '../../../config/schema.ts'
import { openEngines } from '../../catalog.ts'
import { EnginePool } from '../../engine-pool.ts'
import type { EngineDeath } from '../../host/engine-process.ts'
import type { Llm, LlmRequest } from '../../llm.ts'
import { llmVision } from '../../llm-vision/llm-vision.ts'
import { openConfiguredLlamaServer } from './from-config.ts'
import { openLlamaServer } from './llama-server.ts'

let folder: string
let binary: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigia-llama-server-'))
  binary = join(folder, 'llama-server')
  const fake = fileURLToPath(new URL('./testing/fake-llama-server.ts', import.meta.url))
  await writeFile(binary, `#!/bin/sh\nexec "${process.execPath}" "${fake}" "$@"\n`)
  await chmod(binary, 0o755)
  for (const [name, text] of Object.entries({ 'a.gguf': 'x', 'mmproj.gguf': 'x', 'broken.gguf': 'broken' }))
    await writeFile(join(folder, name), text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const signal = new AbortController().signal
const open = (change: Partial<Parameters<typeof openLlamaServer>[0]> = {}) =>
  openLlamaServer({
    binary,
    modelPath: join(folder, 'a.gguf'),
    projectorPath: join(folder, 'mmproj.gguf'),
    contextTokens: 4096,
    parallel: 2,
    startMs: 20_000,
    ...change,
  })
const ask = (text: string): LlmRequest => ({
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image', jpeg: Uint8Array.of(0xff, 0xd8, 0xff) },
        { type: 'text', text },
      ],
    },
  ],
  maxTokens: 50,
})
async function answer(llm: Llm, text: string): Promise<string> {
  const events = await Array.fromAsync(llm.generate(ask(text), signal))
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('is started with model, projector and context, waits until it is loaded, and takes images', async () => {
  await using llm = await open()
  expect(llm).toMatchObject({ id: 'llama-server', model: 'a', capabilities: { images: true, contextTokens: 4096 } })
  expect(JSON.parse(await answer(llm, 'hola'))).toEqual({ images: 1, mmproj: true, context: '8192', onCard: true })
  expect(llmVision(llm).id).toBe('llama-server')
})

test('without a projector it takes no images', async () => {
  await using llm = await openLlamaServer({ binary, modelPath: join(folder, 'a.gguf'), startMs: 20_000 })
  expect(llm.capabilities.images).toBe(false)
})

test('a program that dies under a request is an error with a code, and the next request is served by a new one', async () => {
  await using llm = await open()
  const error = await answer(llm, 'muere').catch((e: unknown) => e)
  expect(VigiaError.is(error) && error.code).toBe('engine_crashed')
  expect(JSON.parse(await answer(llm, 'hola'))).toMatchObject({ images: 1 })
})

test('ends with its owner', async () => {
  const pidfile = join(folder, 'pid')
  const llm = await open({ args: ['--pidfile', pidfile] })
  const pid = Number(await readFile(pidfile, 'utf8'))
  expect(isAlive(pid)).toBe(true)
  await llm[Symbol.asyncDispose]()
  await expect.poll(() => isAlive(pid)).toBe(false)
})

test.each<[string, Partial<Parameters<typeof openLlamaServer>[0]>, string]>([
  ['no program', { binary: '/nonexistent/llama-server' }, 'engine_unavailable'],
  ['no model file', { modelPath: '/nonexistent/a.gguf' }, 'model_not_found'],
  ['no projector file', { projectorPath: '/nonexistent/m.gguf' }, 'model_not_found'],
  ['a model that the program refuses', { modelPath: 'broken.gguf' }, 'model_invalid'],
  ['a setting that does not exist', { parallel: 0 }, 'config_invalid'],
])('%s: a clear error', async (_, change, code) => {
  const modelPath = change.modelPath === 'broken.gguf' ? { modelPath: join(folder, 'broken.gguf') } : {}
  const error = await open({ ...change, ...modelPath }).catch((e: unknown) => e)
  expect(VigiaError.is(error) && error.code).toBe(code)
})

test('by the catalogue: files of an installed model, and less of the card as the memory says', async () => {
  const models = {
    find: async () => ({
      parts: { model: join(folder, 'a.gguf'), projector: join(folder, 'mmproj.gguf') },
      entry: { settings: {} },
    }),
  }
  const settings = { adapter: 'llama-server', model: 'some-model', binary, contextTokens: 4096 }
  await using llm = await openConfiguredLlamaServer(settings, { onDeath: () => {}, models, variant: 'smaller' })
  expect(llm).toMatchObject({ model: 'some-model', capabilities: { images: true, contextTokens: 2048 } })
})

test('named for the report and for photos with equal settings, it is started once', async () => {
  const pidfile = join(folder, 'shared-pid')
  const settings = {
    adapter: 'llama-server',
    binary,
    modelPath: join(folder, 'a.gguf'),
    projectorPath: join(folder, 'mmproj.gguf'),
    args: ['--pidfile', pidfile],
  }
  const config = ConfigSchema.parse({ profile: 'embedded', engines: { llm: settings, vision: settings } })
  await using engines = await openEngines(config)
  expect([engines.llm?.id, engines.vision?.id, engines.vision?.method]).toEqual(['llama-server', 'llama-server', 'model'])
  expect((await readFile(pidfile, 'utf8')).trim().split('\n')).toHaveLength(1)
})

test('a model without a projector does not look at photos, and the reason is told', async () => {
  const settings = { adapter: 'llama-server', binary, modelPath: join(folder, 'a.gguf') }
  await using engines = await openEngines(ConfigSchema.parse({ profile: 'embedded', engines: { vision: settings } }))
  expect(engines.vision).toBeNull()
  expect(engines.info().vision).toMatchObject({ available: false, note: expect.stringContaining('takes images') })
})

test.each([
  ['while it is loaded', { contextTokens: 8192, args: ['--card-tokens', '5000'] }, 'hola', { context: '4096', onCard: true }, 1],
  ['under a request', { contextTokens: 4096 }, 'llena', { context: '4096', onCard: false }, 2],
  ['each time', { contextTokens: 8192, args: ['--card-tokens', '1'] }, 'hola', { context: '8192', onCard: false }, 2],
])('a model whose memory runs out on the card %s goes on smaller, then on the CPU', async (_, change, text, expected, died) => {
  const deaths: EngineDeath[] = []
  const retried: (string | undefined)[] = []
  await using pool = new EnginePool({
    limits: { ramMb: 20_000, vramMb: 12_000, unified: false },
    onEvent: ({ type, variant }) => type === 'retried' && retried.push(variant),
  })
  const llm = { adapter: 'llama-server', binary, modelPath: join(folder, 'a.gguf'), ramMb: 6000, vramMb: 8000, ...change }
  const config = ConfigSchema.parse({ profile: 'embedded', engines: { llm } })
  await using engines = await openEngines(config, { pool, onDeath: (death) => void deaths.push(death) })
  expect(JSON.parse(await answer(engines.llm!, text))).toMatchObject(expected)
  expect(retried).toEqual(['smaller', 'cpu'].slice(0, died))
  expect(deaths.filter(({ name }) => name === 'llama-server').map(({ outOfMemory }) => outOfMemory)).toEqual(
    Array(died).fill(true),
  )
})
