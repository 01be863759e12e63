import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { run } from './main.ts'

let folder: string
let printed: string
const note = (text: string): void => {
  printed += text
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigia-eval-'))
  printed = ''
  vi.spyOn(console, 'log').mockImplementation(note)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const MEASURED = ['--engines.vision.adapter', 'measured', '--profile', 'embedded']

test('compares what was said of each photo with what it shows, and fails when one was not described', async () => {
  const bars = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><path d="M0 0h320v240H0z" fill="#c00"/><path d="M40 20h60v200H40z" fill="#fff"/></svg>',
  )
  await writeFile(join(folder, 'red.jpg'), await sharp(bars).jpeg().toBuffer())
  await writeFile(join(folder, 'broken.jpg'), 'nope')
  const expectations = {
    'red.jpg': { must_mention: ['rojo', 'barras'], must_not_mention: ['verde'], danger: false },
    'broken.jpg': {},
  }
  await writeFile(join(folder, 'expectations.json'), JSON.stringify(expectations))
  expect(await run(['eval', 'vision', '--data', folder, '--json', ...MEASURED])).toBe(1)
  const { engine, photos, total } = JSON.parse(printed)
  expect(engine.id).toBe('measured')
  expect(photos[0].score).toMatchObject({ mentions: { found: 1, missing: ['barras'] }, wrong: [], banned: [] })
  expect(photos[1]).toMatchObject({ file: 'broken.jpg', error: 'unsupported_image', score: null })
  expect(total).toMatchObject({ photos: 2, failed: 1, mentionRecall: 0.5, falseDangers: 0 })
})

test('prints a table for people', async () => {
  await writeFile(join(folder, 'expectations.json'), '{}')
  expect(await run(['eval', 'vision', '--data', folder, ...MEASURED])).toBe(0)
  expect(printed).toContain('| photo | mentions | missing | wrong | danger | letters | banned |')
  expect(printed).toContain('Mentions –')
})

test('says what can be evaluated', async () => {
  vi.spyOn(console, 'error').mockImplementation(note)
  expect(await run(['eval', 'smell'])).toBe(2)
  expect(printed).toContain('vision')
})
