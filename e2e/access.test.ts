import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Vigia } from '../packages/client/src/index.ts'
import { KeyFile } from '../packages/server/src/access/key-file.ts'
import { addKey } from '../packages/server/src/access/keys.ts'
import { concatSamples } from '../packages/server/test/helpers/signals.ts'
import { bytesOf, silence } from '../packages/server/test/helpers/speech.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { highVoice, lowVoice, startToneServer } from '../packages/server/test/helpers/tone-voices.ts'
import { buildWeb } from '../packages/web/build.ts'
import { hasChromium, launch, openPage } from './helpers/browser.ts'
import { makeSession } from './helpers/sessions.ts'

/** What a phone's camera reads in the code. */
async function readCode(code: Locator): Promise<string> {
  const server = createRequire(new URL('../packages/server/package.json', import.meta.url))
  const reader = server('zxing-wasm/reader') as typeof import('zxing-wasm/reader')
  const wasm = await readFile(server.resolve('zxing-wasm/reader/zxing_reader.wasm'))
  reader.prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } })
  const [found] = await reader.readBarcodes(new Uint8Array(await code.screenshot()), { formats: ['QRCode'] })
  return found!.text
}

describe.skipIf(!hasChromium)('a server with keys, in Chromium (skipped where it is not installed)', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let browser: Browser
  let dir: string
  let key: string

  beforeAll(async () => {
    await buildWeb({ ifStale: true })
    dir = await mkdtemp(path.join(tmpdir(), 'vigia-e2e-'))
    new KeyFile(dir).change((ring) => {
      const made = addKey(ring, { name: 'casa', scopes: ['live', 'read'], expiresAt: null }, new Date().toISOString())
      key = made.key
      return made.ring
    })
    server = await startTestServer({ dataDir: dir, host: '0.0.0.0', access: { mode: 'required' } })
    browser = await launch('es-04-tareas')
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })
  const url = () => `http://127.0.0.1:${server.port}`

  it('asks for a key in words, refuses a wrong one, and records and shows with the good one', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(url())
    await page.getByRole('heading', { name: 'Este servidor pide una clave' }).waitFor()
    await page.getByLabel('Clave de acceso').fill('vk_no')
    await page.getByRole('button', { name: 'Entrar' }).click()
    await page.getByRole('alert').getByText('no acepta esta').waitFor()
    await page.getByLabel('Clave de acceso').fill(key)
    await page.getByRole('button', { name: 'Entrar' }).click()
    await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
    await page.locator('.captions').getByText('facturas').waitFor()
    await page.getByRole('button', { name: 'Terminar' }).click()
    await page.getByRole('button', { name: 'Abrir el informe' }).click()
    await page.locator('.report').waitFor()
    // the recording is loaded by an element, which sends no key of its own
    await page.locator('.report .evidence button').first().click()
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0.3)
    expect(page.url()).not.toContain(key)
    await context.close()
  }, 150_000)

  it('lets in by the address of the terminal, also where it is pasted over the page that asks for the key', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(url())
    await page.getByRole('heading', { name: 'Este servidor pide una clave' }).waitFor()
    await page.evaluate((address) => location.assign(address), `${url()}/#key=${key}`)
    await page.getByRole('button', { name: 'Empezar a escuchar' }).waitFor()
    expect(page.url()).not.toContain(key)
    await context.close()
  }, 150_000)

  it('makes one pass, also where the clock of the device is wrong', async () => {
    const { page, context } = await openPage(browser)
    await page.addInitScript(() => {
      const now = Date.now
      Date.now = () => now() + 86_400_000
    })
    let asked = 0
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.includes('token')) asked += 1
    })
    await page.goto(`${url()}/#/pair?key=${key}`)
    await page.getByText(/El pase caduca en (59:\d\d|1:00:00)/).waitFor()
    await page.waitForLoadState('networkidle')
    expect(asked).toBe(1)
    await context.close()
  }, 150_000)

  it('pairs a phone by a pass that expires and is another each time, the key only when it is asked for', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${url()}/#key=${key}`)
    await page.goto(`${url()}/#/pair`)
    const code = page.locator('svg.qr')
    await code.waitFor()
    expect(await page.evaluate(() => JSON.parse(localStorage.getItem('vigia-settings')!).key)).toBe(key)
    await page.getByText(/El pase caduca en (59:\d\d|1:00:00)/).waitFor()
    const [drawn, first] = [await code.innerHTML(), await readCode(code)]
    expect(new URL(first).hash).toMatch(/^#\/\?key=vt_/)
    await page.getByRole('button', { name: 'Otro código' }).click()
    await expect.poll(() => code.innerHTML(), { timeout: 45_000 }).not.toBe(drawn)
    expect(await readCode(code)).not.toContain(key)
    await page.getByLabel(/clave permanente/).check()
    await page.getByText('hasta que se revoque').waitFor()
    expect(await readCode(code)).toContain(encodeURIComponent(key))
    await context.close()

    // the phone: opens the address of the code, and is in
    const phone = await openPage(browser, { viewport: { width: 390, height: 844 } })
    await phone.page.goto(`${url()}/${new URL(first).hash}`)
    await phone.page.getByRole('button', { name: 'Empezar a escuchar' }).waitFor()
    await phone.page.goto(`${url()}/#/pair`)
    await phone.page.getByText('de un pase no se hacen otros').waitFor()
    await phone.context.close()
  }, 150_000)

  it('asks again when the pass is over', async () => {
    const lasting = new Vigia({ url: url(), auth: { key } })
    const { token } = await lasting.token({ scopes: ['read'], lifetime_s: 1, once: false })
    await expect
      .poll(
        () =>
          new Vigia({ url: url(), auth: { token } }).me().then(
            () => 'in',
            () => 'out',
          ),
        { timeout: 45_000 },
      )
      .toBe('out')
    const { page, context } = await openPage(browser)
    await page.goto(`${url()}/#key=${token}`)
    await page.getByRole('heading', { name: 'Este servidor pide una clave' }).waitFor()
    await page.getByRole('alert').getByText('no acepta esta').waitFor()
    await context.close()
  }, 150_000)
})

describe.skipIf(!hasChromium)('without the server', () => {
  it('shows the sessions that were read, and says that it is offline', async () => {
    await buildWeb({ ifStale: true })
    const server = await startTestServer()
    const browser = await launch('es-04-tareas')
    let isOpen = true
    try {
      const id = await makeSession(server.url)
      const { page } = await openPage(browser)
      await page.goto(`${server.url}/#/sessions`)
      await page.evaluate(() => navigator.serviceWorker.ready)
      await page.reload() // from here on the worker sees what the page asks for
      await page.locator('.session-row').click()
      await page.locator('.report').waitFor()
      await page.locator('.segment').getByText('batería').first().waitFor()
      await server[Symbol.asyncDispose]()
      isOpen = false
      await page.goto(`${server.url}/#/sessions`)
      await page.reload()
      await page.getByText('Sin conexión con el servidor').waitFor()
      await page.locator(`.session-row[href*="${id}"]`).click()
      await page.locator('.segment').getByText('batería').first().waitFor()
      await page.locator('.report .findings.decision').waitFor()
      await page.getByText('Sin conexión con el servidor').waitFor()
      await page.goto(`${server.url}/#/sessions/nunca-vista`)
      await page.getByRole('alert').waitFor()
    } finally {
      await browser.close()
      if (isOpen) await server[Symbol.asyncDispose]()
    }
  }, 150_000)
})

describe.skipIf(!hasChromium)('known voices', () => {
  it('are enrolled from a session with consent, listed, and forgotten', async () => {
    await buildWeb({ ifStale: true })
    const server = await startToneServer({ voices: { enrolment: true } })
    const browser = await launch('es-04-tareas')
    try {
      const vigia = new Vigia({ url: server.url })
      const live = vigia.live({ results: 'end' })
      const voices = [lowVoice(9000), highVoice(2500), lowVoice(9000), lowVoice(9000)]
      live.sendAudio(new Uint8Array(bytesOf(concatSamples(voices.flatMap((voice) => [voice, silence(1500)])))))
      await live.end()
      const id = live.sessionId!
      await vigia.update(id, { speaker_names: { S1: 'Ana' } })
      const { page } = await openPage(browser)
      await page.goto(`${server.url}/#/sessions/${id}`)
      await page.locator('.people').getByText('Ana').first().click()
      const dialog = page.getByRole('dialog')
      expect(await dialog.getByRole('button', { name: 'Recordar', exact: true }).isDisabled()).toBe(true)
      await dialog.getByLabel(/Ana sabe que su voz/).check()
      await dialog.getByRole('button', { name: 'Recordar', exact: true }).click()
      await dialog.getByText('La voz de Ana queda guardada').waitFor()
      await page.goto(`${server.url}/#/voices`)
      await page.locator('.voice-list').getByText('Ana').first().waitFor()
      expect((await vigia.voiceProfiles()).profiles).toMatchObject([{ name: 'Ana', consent: 'given' }])
      await page.getByRole('button', { name: 'Olvidar la voz de Ana' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Olvidar', exact: true }).click()
      await page.getByText('Ninguna voz guardada').waitFor()
      expect((await vigia.voiceProfiles()).profiles).toEqual([])
    } finally {
      await browser.close()
      await server[Symbol.asyncDispose]()
    }
  }, 150_000)
})
