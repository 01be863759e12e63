import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../helpers/test-server.ts'

const run = promisify(execFile)
const DOCS = path.join(import.meta.dirname, '../../../../docs')
const RECORDING = path.join(import.meta.dirname, '../fixtures/audio/es-04-tareas.wav')

let server: Awaited<ReturnType<typeof startTestServer>>
let dir: string
beforeAll(async () => {
  server = await startTestServer()
  dir = await mkdtemp(path.join(os.tmpdir(), 'vigia-curl-'))
  await copyFile(RECORDING, path.join(dir, 'recording.wav'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

const blocks = (page: string, language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!)

/** Differing lines of two blocks, less their headings. */
function changed(before: string, after: string): number {
  const [a, b] = [before, after].map((block) => block.trim().split('\n').slice(1))
  return a!.filter((line, i) => line !== b![i]).length
}

describe.each(['openai', 'gemini', 'deepgram'])('docs/migrate-%s.md', (api) => {
  it('changes at most two lines in each language', async () => {
    const page = await readFile(path.join(DOCS, `migrate-${api}.md`), 'utf8')
    for (const language of ['ts', 'python', 'dart', 'sh']) {
      const [before, after] = blocks(page, language)
      expect(before, language).toMatch(/^(\/\/|#) before/)
      expect(after, language).toMatch(/^(\/\/|#) after/)
      expect(changed(before!, after!), language).toBeLessThanOrEqual(2)
    }
  })

  it('has curl lines that work', async () => {
    const page = await readFile(path.join(DOCS, `migrate-${api}.md`), 'utf8')
    const commands = blocks(page, 'sh').filter((block) => block.startsWith('# after'))
    expect(commands.length).toBeGreaterThan(0)
    for (const command of commands) {
      const script = command.replaceAll('http://127.0.0.1:8000', server.url).replace('curl ', 'curl -sS --fail-with-body ')
      const { stdout } = await run('bash', ['-c', script], { cwd: dir, env: { ...process.env, KEY: 'any' } })
      expect(stdout).toMatch(/facturas|Son las/)
    }
  })
})
