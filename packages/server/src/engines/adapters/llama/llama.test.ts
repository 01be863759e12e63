import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, collect, llmContract, SCHEMA, textOf } from '../../contract/llm-contract.ts'
import { openConfiguredLlama } from './from-config.ts'
import { readGguf } from './gguf.ts'
import { openLlama } from './llama.ts'
import { tinyGguf } from './testing/tiny-gguf.ts'

/** The real engine on a model of random weights: it says nonsense, and under a grammar nonsense that fits. */

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'vigia-llama-'))
  await writeFile(path.join(dir, 'tiny.gguf'), tinyGguf())
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const open = (settings: Partial<Parameters<typeof openLlama>[0]> = {}) =>
  openLlama({ modelPath: path.join(dir, 'tiny.gguf'), contextTokens: 2560, threads: 1, ...settings })

/** Children of this process that run the engine; contract and tests of this file run one after another. */
async function engineChildren(): Promise<number[]> {
  const pids = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).split(' ').filter(Boolean)
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.flatMap((pid, i) => (commands[i]!.includes('adapters/llama/child') ? [Number(pid)] : []))
}

llmContract('llama', () => open())

describe('llama', () => {
  it('gives schema-valid JSON for twelve different seeds and temperatures', async () => {
    await using llm = await open({ parallel: 4 })
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        collect(llm, { ...ask(`p${i}`), schema: SCHEMA, seed: i, temperature: i / 6, maxTokens: 400 }),
      ),
    )
    for (const text of answers.map(textOf)) expect(Object.keys(JSON.parse(text) as object)).toEqual(['kind', 'sure', 'marks'])
  })

  it('refuses a prompt that does not fit, and goes on serving', async () => {
    await using llm = await open({ contextTokens: 256, parallel: 1 })
    await expect(collect(llm, ask('hola '.repeat(200)))).rejects.toMatchObject({ code: 'llm_failed' })
    expect((await collect(llm, ask('hola'))).at(-1)).toMatchObject({ type: 'done' })
  })

  it('stops generating when its reader leaves', async () => {
    await using llm = await open({ parallel: 1 })
    for await (const _ of llm.generate({ ...ask('hola'), maxTokens: 2000 }, new AbortController().signal)) break
    expect((await collect(llm, ask('hola'))).at(-1)).toMatchObject({ type: 'done' })
  })

  it.skipIf(process.platform !== 'linux')(
    'is told apart from an end when the system kills it for want of memory, and comes back',
    async () => {
      const deaths: string[] = []
      await using llm = await openLlama(
        { modelPath: path.join(dir, 'tiny.gguf'), contextTokens: 2560, threads: 1 },
        { onDeath: ({ reason }) => deaths.push(reason) },
      )
      const answering = (async () => {
        for await (const event of llm.generate({ ...ask('hola'), maxTokens: 2000 }, new AbortController().signal))
          if (event.type === 'text' && deaths.length === 0) for (const pid of await engineChildren()) process.kill(pid, 'SIGKILL')
      })()
      await expect(answering).rejects.toMatchObject({ code: expect.stringMatching(/^(?:engine_crashed|out_of_memory)$/u) })
      expect(deaths).toEqual(['SIGKILL'])
      expect((await collect(llm, ask('hola'))).at(-1)).toMatchObject({ type: 'done' })
    },
  )

  it.each([
    ['full', 2048],
    ['smaller', 1024],
    ['cpu', 2048],
  ] as const)('is loaded %s as the memory ledger says', async (variant, contextTokens) => {
    const settings = { adapter: 'llama', modelPath: path.join(dir, 'tiny.gguf'), contextTokens: 2048, threads: 1 }
    const models = { find: () => Promise.reject(new Error('named by file')) }
    await using llm = await openConfiguredLlama(settings, { models, variant, onDeath: () => {} })
    expect(llm.capabilities.contextTokens).toBe(contextTokens)
    expect((await collect(llm, ask('hola'))).at(-1)).toMatchObject({ type: 'done' })
  })

  it('says that memory is not enough before it loads anything', async () => {
    const tooSmall = openLlama({ modelPath: path.join(dir, 'tiny.gguf') }, { availableMb: 100 })
    await expect(tooSmall).rejects.toMatchObject({ code: 'out_of_memory' })
  })

  it.each([
    ['a text', () => Buffer.from('hello, I am a model')],
    ['an empty file', () => Buffer.alloc(0)],
    ['a cut model', () => tinyGguf().subarray(0, 300_000)],
    ['a cut head', () => tinyGguf().subarray(0, 2000)],
    ['noise behind a good beginning', () => Buffer.concat([tinyGguf().subarray(0, 2000), Buffer.alloc(100_000, 0xff)])],
    ['an unknown version', () => Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(64, 9)])],
  ])('refuses %s without starting a process', async (name, bytes) => {
    const file = path.join(dir, `${name.replaceAll(' ', '-')}.gguf`)
    await writeFile(file, bytes())
    let deaths = 0
    const opening = openLlama({ modelPath: file }, { onDeath: () => deaths++ })
    await expect(opening).rejects.toMatchObject({ code: 'model_invalid' })
    expect(deaths).toBe(0)
  })

  it('names a file that is not there, and settings that are wrong', async () => {
    await expect(openLlama({ modelPath: path.join(dir, 'none.gguf') })).rejects.toMatchObject({ code: 'model_not_found' })
    await expect(open({ contextTokens: 1 })).rejects.toMatchObject({ code: 'config_invalid' })
  })

  it('says which build is missing', async () => {
    await expect(open({ build: 'vulkan' })).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('reads from the head what memory planning needs', async () => {
    const info = await readGguf(path.join(dir, 'tiny.gguf'))
    expect(info).toMatchObject({
      architecture: 'qwen2',
      layers: 2,
      trainedTokens: 4096,
      cacheBytesPerToken: 256,
      hasChatTemplate: true,
    })
  })
})
