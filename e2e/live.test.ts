import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServerProcess, spawnServer } from '../packages/server/test/helpers/server-process.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { hasChromium, launch, openPage } from './helpers/browser.ts'
import { writeVideo } from './helpers/video.ts'

// the image library is the server's
const sharp = createRequire(new URL('../packages/server/package.json', import.meta.url))(
  'sharp',
) as typeof import('sharp').default

describe.skipIf(!hasChromium)('the live page in Chromium (skipped where it is not installed)', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    await buildWeb({ ifStale: true })
    folder = await mkdtemp(path.join(tmpdir(), 'vigia-e2e-'))
    const video = path.join(folder, 'camera.y4m')
    await writeVideo(video)
    server = await startTestServer()
    browser = await launch('es-04-tareas', video)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('captions the microphone, shows what the camera saw, then the report with evidence that lights up and plays', async () => {
    const { page, context, complaints } = await openPage(browser)
    await page.goto(server.url)
    await page.getByRole('checkbox', { name: /Cámara/ }).check()
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.locator('.captions').getByText('facturas').waitFor()
    await page.getByText('Recibiendo audio').waitFor()
    const seen = page.locator('.photo-strip figcaption')
    await seen.waitFor()
    expect((await seen.textContent())!.length).toBeGreaterThan(20)
    const photo = await page.locator('.photo-strip figure img').getAttribute('src')
    await page.getByRole('button', { name: 'Marcar momento' }).click()
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByRole('button', { name: 'Abrir el informe' }).click()
    await page.locator('.report-panel').getByText('Laura').first().waitFor()
    await page.locator('.report .evidence button').first().click()
    await page.locator('.row.lit').waitFor()
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3)
    expect(await page.locator('.row.mark').count()).toBe(1)
    expect(await page.locator('.row.frame').count()).toBeGreaterThanOrEqual(1)
    expect(complaints).toEqual([])
    await context.close()
    // what is stored is the generated picture: an orange square on a blue wall
    const stored = Buffer.from(await (await fetch(new URL(photo!, server.url))).arrayBuffer())
    const { data, info } = await sharp(stored).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const [red, , blue] = data.subarray(0, 3) as unknown as [number, number, number]
    expect([info.width / info.height, blue > red + 60]).toEqual([4 / 3, true])
    const orange = Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]! > 180 && data[3 * i + 2]! < 110)
    expect(orange.filter(Boolean).length / orange.length).toBeGreaterThan(0.1)
  }, 150_000)

  it('answers what was said and typed by voice, is silenced, and shows where the time of the turn went', async () => {
    const { page, context, complaints } = await openPage(browser)
    await page.goto(server.url)
    await page.getByRole('checkbox', { name: /Asistente/ }).check()
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.locator('.captions').getByText('facturas').waitFor()
    // to what the microphone heard; it is silenced
    await page.getByRole('button', { name: 'Callar' }).click()
    await page.locator('.reply.interrupted').waitFor()
    await page.getByRole('textbox', { name: 'Escribe al asistente' }).fill('¿qué hora es?')
    await page.keyboard.press('Enter')
    await page
      .locator('.reply.done')
      .getByText(/^Son las /)
      .waitFor()
    const waterfall = page.locator('.waterfall')
    await waterfall.getByText(/Del silencio a la voz: \d+ ms/).waitFor()
    expect(await waterfall.locator('li').count()).toBeGreaterThan(1)
    // the parts are the whole: each is rounded on its own
    const numbers = async (part: string) =>
      [...((await waterfall.locator(part).textContent()) ?? '').matchAll(/(\d+) ms/g)].map(([, ms]) => Number(ms))
    const parts = await numbers('ol')
    const [total] = await numbers('p')
    expect(Math.abs(parts.reduce((all, ms) => all + ms, 0) - total!)).toBeLessThanOrEqual(parts.length)
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByRole('button', { name: 'Abrir el informe' }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  }, 150_000)

  it('lets go of the microphone when capture cannot be loaded, and says that it failed', async () => {
    const { page, context } = await openPage(browser)
    await page.addInitScript(() => {
      const media = navigator.mediaDevices
      const ask = media.getUserMedia.bind(media)
      media.getUserMedia = async (wanted) => {
        const stream = await ask(wanted)
        Object.assign(globalThis, { track: stream.getTracks()[0] })
        return stream
      }
      AudioWorklet.prototype.addModule = () => Promise.reject(new DOMException('not loaded', 'AbortError'))
    })
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.getByRole('alert').getByText('Algo ha fallado').waitFor()
    expect(await page.evaluate(() => (globalThis as unknown as { track: MediaStreamTrack }).track.readyState)).toBe('ended')
    await context.close()
  }, 150_000)

  it('declares the time off the record, and keeps what was said in it to itself', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.getByText('Recibiendo audio').waitFor()
    await page.getByRole('button', { name: 'Fuera de registro' }).click()
    await page.getByText('no se envía ni audio ni fotos').waitFor()
    await page.getByRole('button', { name: 'Volver a registrar' }).first().click()
    await page.getByText('Recibiendo audio').waitFor()
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByRole('button', { name: 'Abrir el informe' }).click()
    await page.locator('.row.gap').first().waitFor()
    expect(await page.locator('.row.gap').first().textContent()).toContain('muted')
    await context.close()
  }, 150_000)
})

describe.skipIf(!hasChromium)('a server that is killed while the app listens', () => {
  it('leads to the banner and then to a complete session', async () => {
    await buildWeb({ ifStale: true })
    const dataDir = await mkdtemp(path.join(tmpdir(), 'vigia-e2e-'))
    let server: ServerProcess | null = null
    const [browser, first] = await Promise.all([launch('es-04-tareas'), spawnServer(dataDir)])
    try {
      server = first
      const port = Number(new URL(server.url).port)
      const { page } = await openPage(browser)
      await page.goto(server.url)
      await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
      await page.getByText('Recibiendo audio').waitFor()
      await server.kill()
      await page.getByText('se guarda el audio aquí').waitFor()
      server = await spawnServer(dataDir, port)
      // the system says that the network is back: no need to wait for the next try
      await page.evaluate(() => dispatchEvent(new Event('online')))
      await page.getByText('Recibiendo audio').waitFor()
      await page.locator('.captions').getByText('facturas').waitFor()
      await page.getByRole('button', { name: 'Terminar' }).click()
      await page.getByRole('button', { name: 'Abrir el informe' }).click()
      await page.locator('.transcript').getByText('facturas').waitFor()
    } finally {
      await browser.close()
      await server?.kill()
      await rm(dataDir, { recursive: true, force: true })
    }
  }, 120_000)
})
