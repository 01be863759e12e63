import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readWav, writeWav } from '../src/media/wav.ts'
import { openSpeaker, silence } from './helpers/speech.ts'
import { startTestServer } from './helpers/test-server.ts'

const EXAMPLE = path.join(import.meta.dirname, '../../../examples/talk.ts')
let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'vigia-talk-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('holds a conversation with documented messages alone, offline, in sixty lines', { timeout: 60_000 }, async () => {
  await using app = await startTestServer()
  await using speaker = await openSpeaker()
  const question = path.join(dir, 'question.wav')
  const answer = path.join(dir, 'answer.wav')
  const sound = Int16Array.from([...silence(300), ...(await speaker.say('buenos días'))])
  await writeFile(question, writeWav(sound, 16_000))
  const url = `${app.url.replace('http', 'ws')}/ws/audio`
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, url, question, answer], { timeout: 50_000 })
  expect(stdout).toMatch(/^you: {3}buenos días$/m)
  expect(stdout).toMatch(/^vigía: Hola/m)
  const spoken = readWav(await readFile(answer)).samples
  expect(spoken.length).toBeGreaterThan(12_000)
  expect(spoken.some((sample) => Math.abs(sample) > 2000)).toBe(true)
  expect((await readFile(EXAMPLE, 'utf8')).split('\n').length).toBeLessThanOrEqual(75)
})

it('stands in the documentation as it is', async () => {
  const page = await readFile(path.join(import.meta.dirname, '../../../docs/live.md'), 'utf8')
  expect(page).toContain(`\`\`\`ts\n${await readFile(EXAMPLE, 'utf8')}\`\`\``)
})
