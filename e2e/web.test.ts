import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Vigia } from '../packages/client/src/index.ts'
import { fixturePcm } from '../packages/server/test/helpers/audio.ts'
import { type ServerProcess, spawnServer } from '../packages/server/test/helpers/server-process.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { audioFile, hasChromium, launch, openPage } from './helpers/browser.ts'

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

/** A finished session of the dialogue, made without a browser. */
async function makeSession(url: string): Promise<string> {
  const vigia = new Vigia({ url })
  const live = vigia.live()
  const pcm = fixturePcm('es-dialogo')
  for (let at = 0; at < pcm.length; at += 64_000) live.sendAudio(pcm.slice(at, at + 64_000))
  await live.end()
  return live.sessionId!
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

  it('captions the microphone, then shows the report with evidence that lights up and plays', async () => {
    const { page, context, complaints } = await openPage(browser)
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.locator('.captions').getByText('facturas').waitFor()
    await page.getByText('Recibiendo audio').waitFor()
    await page.getByRole('button', { name: 'Marcar momento' }).click()
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByRole('button', { name: 'Abrir el informe' }).click()
    await page.locator('.report-panel').getByText('Laura').first().waitFor()
    await page.locator('.report .evidence button').first().click()
    await page.locator('.row.lit').waitFor()
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3)
    expect(await page.locator('.row.mark').count()).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  }, 90_000)

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
  }, 60_000)

  it('keeps a name, a ticked task and a corrected text over a reload', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.locator('.people .speaker').first().click()
    await page.getByRole('dialog').getByRole('textbox').fill('Directora')
    await page.getByRole('dialog').getByRole('button', { name: 'Guardar' }).click()
    await page.locator('.people').getByText('Directora').waitFor()
    await page.locator('.task input').first().check()
    await page.locator('.task.done').waitFor()
    await page.locator('.segment').first().hover()
    await page.locator('.segment').first().getByRole('button', { name: 'Corregir texto' }).click()
    await page.getByRole('textbox', { name: 'Corregir texto' }).fill('<img src=x onerror=alert(1)><b>Hola</b> mundo zafiro')
    await page.keyboard.press('Enter')
    await page.getByText('corregido').waitFor()
    await page.reload()
    await page.locator('.people').getByText('Directora').waitFor()
    expect(await page.locator('.task input').first().isChecked()).toBe(true)
    // what somebody said stays text
    expect(await page.locator('.segment').first().textContent()).toContain('<img src=x onerror=alert(1)>')
    expect(await page.locator('.segment b, .segment img').count()).toBe(0)
    await context.close()
  }, 60_000)

  it('finds what was said and goes there', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions`)
    await page.getByRole('searchbox').fill('bateria')
    await page.locator('mark').first().waitFor()
    await page.locator('.hit').first().click()
    await page.locator('.row.lit').getByText('batería').first().waitFor()
    await context.close()
  }, 60_000)

  it('deletes a session after saying what goes', async () => {
    const other = await new Vigia({ url: server.url }).upload(new Blob([readFileSync(audioFile('es-01-reunion'))]), {
      name: 'a.wav',
    })
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${other.session_id}`)
    await page.locator('.segment').first().waitFor()
    await page.getByRole('button', { name: 'Borrar sesión' }).click()
    expect(await page.getByRole('dialog').textContent()).toMatch(/grabación.*frases.*fotos.*informe/)
    await page.getByRole('dialog').getByRole('button', { name: 'Borrar sesión' }).click()
    await page.waitForURL(/#\/sessions$/)
    expect((await fetch(`${server.url}/sessions/${other.session_id}`)).status).toBe(404)
    await context.close()
  }, 60_000)

  it.each(['light', 'dark'] as const)(
    'gives axe nothing serious on any page, in %s',
    async (colorScheme) => {
      const { page, context, complaints } = await openPage(browser, { colorScheme })
      const wanted = {
        '/': '.record',
        '/sessions': '.session-row',
        [`/sessions/${id}`]: '.report',
        '/system': '.engines',
        '/pair': '.banner',
      }
      for (const [route, marker] of Object.entries(wanted)) {
        await page.goto(`${server.url}/#${route}`)
        await page.locator(marker).first().waitFor()
        expect(await seriousFindings(page), route).toEqual([])
      }
      expect(complaints).toEqual([])
      await context.close()
    },
    90_000,
  )

  it('fits a phone without scrolling sideways', async () => {
    const { page, context } = await openPage(browser, { viewport: { width: 360, height: 740 } })
    for (const route of ['/', '/sessions', `/sessions/${id}`, '/system', '/pair']) {
      await page.goto(`${server.url}/#${route}`)
      await page.locator('main').waitFor()
      const extra = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(extra, route).toBe(0)
    }
    await context.close()
  }, 60_000)

  it('loads less than 250 kB of compressed script', async () => {
    const { page, context } = await openPage(browser)
    let bytes = 0
    page.on('response', async (response) => {
      if (response.url().endsWith('.js')) bytes += Number((await response.allHeaders())['content-length'] ?? 0)
    })
    await page.goto(server.url, { waitUntil: 'networkidle' })
    expect(bytes).toBeGreaterThan(50_000)
    expect(bytes).toBeLessThan(250_000)
    await context.close()
  }, 60_000)
})

describe.skipIf(!hasChromium)('a server that is killed while the app listens', () => {
  it('leads to the banner and then to a complete session', async () => {
    await buildWeb({ ifStale: true })
    const dataDir = await mkdtemp(path.join(tmpdir(), 'vigia-e2e-'))
    const browser = await launch('es-04-tareas')
    let server: ServerProcess | null = null
    try {
      server = await spawnServer(dataDir)
      const port = Number(new URL(server.url).port)
      const { page } = await openPage(browser)
      await page.goto(server.url)
      await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
      await page.getByText('Recibiendo audio').waitFor()
      await server.kill()
      await page.getByText('se guarda el audio aquí').waitFor()
      server = await spawnServer(dataDir, port)
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
