import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ModelEntry } from '../packages/server/src/models/manifest.ts'
import { startFakeHub } from '../packages/server/src/models/testing/fake-hub.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { audioFile, hasChromium, launch, openPage } from './helpers/browser.ts'
import { makeSession } from './helpers/sessions.ts'

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Serious and critical findings of axe, as text. */
async function seriousFindings(page: Page): Promise<string[]> {
  // through the debugger, which the page's policy does not hold back
  await page.evaluate(readFileSync(AXE, 'utf8'))
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { impact: string; id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  })
}

describe.skipIf(!hasChromium)('the web app in Chromium (skipped where it is not installed)', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let browser: Browser
  let id: string

  beforeAll(async () => {
    await buildWeb({ ifStale: true })
    server = await startTestServer()
    browser = await launch('es-04-tareas')
    id = await makeSession(server.url)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  /** Each page, and what shows that it is there. */
  const pages = (): Record<string, string> => ({
    '/': '.record',
    '/sessions': '.session-row',
    '/sessions?q=bateria': '.hit',
    '/sessions?q=zzzz': '.empty',
    [`/sessions/${id}`]: '.segment',
    '/system': '.engines',
    '/pair': '.banner',
    '/voices': '.banner',
  })

  it('plays the seconds that are cited, and stops after them', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${id}`)
    const link = page.locator('.findings.decision .evidence button').first()
    const [minutes, seconds] = (await link.textContent())!.trim().split(':').map(Number)
    await link.click()
    await page.waitForFunction(() => !document.querySelector('audio')?.paused)
    const started = await page.evaluate(() => document.querySelector('audio')!.currentTime)
    expect(started).toBeGreaterThanOrEqual(minutes! * 60 + seconds! - 1)
    expect(started).toBeLessThan(minutes! * 60 + seconds! + 6)
    await page.waitForFunction(() => document.querySelector('audio')?.paused)
    await context.close()
  }, 150_000)

  it('finds what was said and goes there', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions`)
    await page.getByRole('searchbox').fill('bateria')
    await page.locator('mark').first().waitFor()
    await page.locator('.hit').first().click()
    await page.locator('.row.lit').getByText('batería').first().waitFor()
    await context.close()
  }, 150_000)

  it.each(['light', 'dark'] as const)(
    'gives axe nothing serious on any page, in %s',
    async (colorScheme) => {
      const { page, context, complaints } = await openPage(browser, { colorScheme })
      for (const [route, marker] of Object.entries(pages())) {
        await page.goto(`${server.url}/#${route}`)
        await page.locator(marker).first().waitFor()
        if (marker === '.segment') await page.locator('.report').waitFor()
        expect(await seriousFindings(page), route).toEqual([])
      }
      expect(complaints).toEqual([])
      await context.close()
    },
    150_000,
  )

  it.each(['es-ES', 'en-GB'])(
    'fits a phone without scrolling sideways, in %s',
    async (locale) => {
      const { page, context } = await openPage(browser, { viewport: { width: 360, height: 740 }, locale })
      for (const [route, marker] of Object.entries({ ...pages(), '/sessions/nunca-vista': '.problem' })) {
        await page.goto(`${server.url}/#${route}`)
        await page.locator(marker).first().waitFor()
        const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        expect(extra, route).toBe(0)
      }
      await context.close()
    },
    150_000,
  )

  it('gives axe nothing serious in dialogs, while it listens, and in English on a phone', async () => {
    const { page, context, complaints } = await openPage(browser, {
      viewport: { width: 360, height: 740 },
      locale: 'en-GB',
      permissions: ['camera', 'microphone'],
    })
    const check = async (what: string): Promise<void> => expect(await seriousFindings(page), what).toEqual([])
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.locator('.segment').first().waitFor()
    for (const name of ['Copy transcript', 'Export', 'Analyse again', 'Delete session']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.locator('dialog[open]').waitFor()
      await check(name)
      await page.keyboard.press('Escape')
    }
    for (const name of ['Report', 'Photos']) {
      await page.getByRole('tab', { name }).click()
      await check(name)
    }
    await page.goto(`${server.url}/#/`)
    await page.getByRole('button', { name: 'Settings' }).click()
    await check('settings')
    await page.keyboard.press('Escape')
    await page.getByRole('checkbox', { name: /Camera/ }).check()
    await page.getByRole('button', { name: 'Start listening' }).click()
    await page.locator('.camera-view video').waitFor()
    await page.locator('.captions .line').first().waitFor()
    await check('live')
    await page.getByRole('button', { name: 'Finish' }).click()
    expect(await page.locator('.camera-view').count()).toBe(0)
    await page.getByRole('button', { name: 'Open the report' }).waitFor()
    await check('report ready')
    expect(complaints).toEqual([])
    await context.close()
  }, 150_000)

  it('copies where the browser gives no clipboard, as on a phone by plain http', async () => {
    const { page, context } = await openPage(browser)
    await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.getByRole('button', { name: 'Copiar transcripción' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Copiar', exact: true }).click()
    await page.locator('.notice').getByText('Copiado').waitFor()
    await page.goto(`${server.url}/#/sessions`)
    await page.getByRole('searchbox').press('Control+V')
    expect(await page.getByRole('searchbox').inputValue()).toMatch(/batería/)
    await context.close()
  }, 150_000)

  it('transcribes an uploaded recording in the spoken language, not in that of the buttons', async () => {
    const { page, context } = await openPage(browser, { locale: 'en-GB' })
    await page.goto(`${server.url}/#/sessions`)
    await page.locator('input[type=file]').setInputFiles(audioFile('es-04-tareas'))
    await page.locator('.session-page').waitFor()
    const uploaded = page.url().split('/').at(-1)!
    expect((await server.store.sessions.get(uploaded))?.language).toBe('es')
    await context.close()
  }, 150_000)

  it('scrolls three hours with 5 000 lines, a few dozen of them in the page', async () => {
    const long = 'tres-horas'
    const first = await server.store.sessions.get(id)
    await server.store.sessions.create({ ...first!, id: long, tokenHash: 'x' })
    await server.store.sessions.update(long, { state: 'final', durationMs: 10_800_000 })
    const segments = Array.from({ length: 5000 }, (_, i) => ({
      id: `s${i}`,
      start: i * 2.1,
      end: i * 2.1 + 2,
      text: `línea ${i} ${'palabra '.repeat(3 + (i % 17))}`,
      speaker: `S${1 + (Math.floor(i / 3) % 4)}`,
      rev: 1,
      pass: 'final' as const,
    }))
    await server.store.segments.upsert(long, segments)
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${long}`)
    await page.locator('.segment').first().waitFor()
    const frames = await page.evaluate(async () => {
      const box = document.querySelector('.transcript')!
      const times: number[] = []
      let before = performance.now()
      for (let i = 0; i < 120; i++) {
        box.scrollTop += 900
        await new Promise(requestAnimationFrame)
        times.push(performance.now() - before)
        before = performance.now()
      }
      return { times: times.sort((a, b) => a - b), rows: document.querySelectorAll('.transcript li').length }
    })
    console.log(`frames while scrolling: p50 ${frames.times[60]!.toFixed(1)} ms, p95 ${frames.times[114]!.toFixed(1)} ms`)
    expect(frames.rows).toBeLessThan(120)
    // rows are measured as they come into sight, which may make the whole longer
    const last = page.locator('.segment').getByText('línea 4999')
    const toEnd = () =>
      page.evaluate(() => {
        const box = document.querySelector('.transcript')!
        box.scrollTop = box.scrollHeight
      })
    await expect.poll(async () => toEnd().then(() => last.isVisible()), { timeout: 45_000 }).toBe(true)
    await context.close()
  }, 150_000)

  it('loads less than 250 kB of compressed script', async () => {
    const { page, context } = await openPage(browser)
    const sizes: Promise<number>[] = []
    page.on('response', (response) => {
      if (response.url().endsWith('.js'))
        sizes.push(response.allHeaders().then((headers) => Number(headers['content-length'] ?? 0)))
    })
    await page.goto(server.url, { waitUntil: 'networkidle' })
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(250_000)
    await context.close()
  }, 150_000)
})

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.skipIf(!hasChromium)('a model fetched from the app', () => {
  it('shows progress against a slow hub, then that it is there', async () => {
    await buildWeb({ ifStale: true })
    const bytes = new Uint8Array(600_000).fill(7)
    await using hub = await startFakeHub({ '/vigia/prueba/resolve/main/model.onnx': bytes }, sha256)
    hub.plan = { throttle: 2000 }
    const model = ModelEntry.parse({
      id: 'prueba',
      title: 'Modelo de prueba',
      role: 'vad',
      family: 'test',
      languages: 'any',
      license: { name: 'Apache-2.0', commercial: true },
      source: { kind: 'hf', repo: 'vigia/prueba', revision: 'main' },
      files: [{ path: 'model.onnx', bytes: bytes.length, sha256: sha256(bytes) }],
      parts: { model: 'model.onnx' },
      ramMb: 1,
    })
    vi.stubEnv('HF_ENDPOINT', hub.url)
    vi.stubEnv('HF_HUB_CACHE', '/nonexistent')
    await using server = await startTestServer({}, { catalogue: [model] })
    const browser = await launch('es-04-tareas')
    try {
      const { page } = await openPage(browser)
      await page.goto(`${server.url}/#/system`)
      await page.getByRole('button', { name: 'Descargar' }).click()
      await page.waitForFunction(() => {
        const bar = document.querySelector<HTMLProgressElement>('.models progress')
        return bar !== null && bar.value > 20_000 && bar.value < bar.max
      })
      await page.locator('.models').getByText('Instalado').waitFor()
    } finally {
      await browser.close()
      vi.unstubAllEnvs()
    }
  }, 150_000)
})
