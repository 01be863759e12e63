import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixturePcm } from '../../server/test/helpers/audio.ts'
import { startTestServer } from '../../server/test/helpers/test-server.ts'
import * as client from '../src/index.ts'
import { examplesOf } from './examples.ts'

/** The examples of docs/client.md are run as they stand there; only the address is another. */

const page = readFileSync(new URL('../../../docs/client.md', import.meta.url), 'utf8')
const [stream, http] = examplesOf(page, 'Node')

describe('docs/client.md', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** Runs an example; gives what it logged and the variables it made. */
  async function run(body: string, given: Record<string, unknown>, wanted: readonly string[]) {
    const logged: unknown[][] = []
    const scope = { ...client, ...given, console: { log: (...line: unknown[]) => void logged.push(line) } }
    const source = `return (async () => { ${body.replaceAll('http://127.0.0.1:8000', server.url)}\nreturn { ${wanted} } })()`
    const made = (await new Function(...Object.keys(scope), source)(...Object.values(scope))) as Record<string, unknown>
    return { logged, made }
  }

  it('marks every example by where it runs', () => {
    const all = [...page.matchAll(/^```ts$/gm)].length
    expect([examplesOf(page, 'Node').length, examplesOf(page, 'Chromium').length, all]).toEqual([2, 2, 4])
  })

  it('streams and gets the report', async () => {
    const { logged, made } = await run(stream!, { pcm16: fixturePcm('es-04-tareas') }, ['report'])
    expect(logged.flat().join(' ')).toContain('facturas')
    expect((made.report as { action_items: unknown[] }).action_items.length).toBeGreaterThan(0)
  }, 60_000)

  it('uploads, follows, reads, names, searches and exports', async () => {
    const wav = readFileSync(new URL('../../server/test/fixtures/audio/es-04-tareas.wav', import.meta.url))
    const given = { key: '', recording: new Blob([new Uint8Array(wav)]) }
    const { logged, made } = await run(http!, given, ['session_id', 'hits', 'minutes'])
    expect(logged.flat().join(' ')).toMatch(/«.*facturas.*»/)
    expect((made.hits as { session_id: string }[]).map(({ session_id }) => session_id)).toContain(made.session_id)
    expect((made.minutes as Blob).size).toBeGreaterThan(1000)
    const { speaker_names } = await new client.Vigia({ url: server.url }).session(made.session_id as string)
    expect(speaker_names).toEqual({ S1: 'Laura' })
  }, 60_000)

  it('names every method of the class, and no other', () => {
    const methods = Object.getOwnPropertyNames(client.Vigia.prototype).filter(
      (name) => !['constructor', 'auth', 'get', 'request', 'audioUrl', 'photoUrl', 'observation'].includes(name),
    )
    const code = page.slice(page.indexOf('## Over HTTP'))
    for (const name of methods) expect(code + page, name).toMatch(new RegExp(`\`${name}\`|vigia\\.${name}\\(`))
    const list = code.slice(code.indexOf('has, besides:'), code.indexOf('What the server refuses'))
    for (const [, name] of list.matchAll(/`(\w+)`/g)) expect(methods).toContain(name)
  })
})
