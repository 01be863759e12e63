import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, openApp } from '../../app.ts'
import { demoPhotos } from '../../cli/demo-photos.ts'
import { loadConfig } from '../../config/load.ts'
import { createLogger } from '../../log.ts'

const CHROMIUM = '/usr/bin/chromium'
const audio = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/audio/${name}.wav`, import.meta.url))

describe.skipIf(!existsSync(CHROMIUM))('the plain page in Chromium (skipped where it is not installed)', () => {
  let dir: string
  let app: App
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vigia-page-'))
    const { config } = loadConfig({ flags: { port: '0', 'data-dir': dir, 'log.level': 'silent' } })
    app = await openApp(config, { log: createLogger(config.log) })
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${audio('es-04-tareas')}%noloop`,
      ],
    })
    page = await browser.newPage({ locale: 'es-ES' })
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(app.url)
  })
  afterAll(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })

  it('captions the microphone live, and shows the report with its quote', async () => {
    await page.getByRole('button', { name: 'Usar el micrófono' }).click()
    await page.getByRole('log').getByText('facturas').waitFor()
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByText('Informe listo.').waitFor()
    expect(await page.locator('#report').textContent()).toMatch(/Laura[\s\S]*«.*facturas de octubre.*»/)
    expect(await page.getByRole('button', { name: 'Usar el micrófono' }).isVisible()).toBe(true)
  })

  it('takes a recording and shows its report', async () => {
    await page.setInputFiles('#file', audio('es-02-peligro'))
    await page.locator('#report').getByText('moto').first().waitFor()
    expect(await page.getByRole('log').textContent()).toContain('moto')
  })

  it('sends a photo and shows what was said of it', async () => {
    await page.setInputFiles('#photo', { name: 'mesa.png', mimeType: 'image/png', buffer: Buffer.from(demoPhotos()[0]!.png) })
    await page.locator('#photos').getByText('640 × 480').waitFor()
  })

  it('says in words what went wrong', async () => {
    await page.setInputFiles('#file', {
      name: 'x.wav',
      mimeType: 'audio/wav',
      buffer: Buffer.from('not audio, just some text that is long enough to look at'),
    })
    await page.getByRole('alert').getByText('Expected WAV').waitFor()
  })

  it('speaks English too', async () => {
    await page.getByLabel('Idioma').selectOption('en')
    await page.getByRole('button', { name: 'Use the microphone' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  it('shows the API under its own policy', async () => {
    await page.goto(`${app.url}/docs/`)
    await page.getByText('/sessions/{id}/report').waitFor()
  })

  it('gave no error in the console but the refused upload', () => {
    expect(complaints.filter((text) => !text.includes('415'))).toEqual([])
  })
})
