import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { Vigia } from '../packages/client/src/index.ts'
import { demoPhotos } from '../packages/server/src/cli/demo-photos.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { launch, openPage } from './helpers/browser.ts'
import { makeSession, sendDemoPhotos } from './helpers/sessions.ts'

/**
 * Pictures of each page at desktop and phone width, in both themes, to look at: `node e2e/shots.ts FOLDER [desktop|phone]`.
 * Synthetic voices and the demo's drawings only.
 */

const [folder = 'shots', only] = process.argv.slice(2)
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }

await mkdir(folder, { recursive: true })
await buildWeb({ ifStale: true })
const server = await startTestServer({ host: '0.0.0.0', access: { mode: 'open' }, session: { drainMs: 0 } })
const url = `http://127.0.0.1:${server.port}`
const camera = path.join(folder, 'camera.mjpeg')
await writeFile(camera, Buffer.concat(Array.from({ length: 20 }, () => demoPhotos()[0]!.jpeg)))
const browser = await launch('es-04-tareas', camera)
try {
  const id = await makeSession(url)
  await sendDemoPhotos(url, id)
  const vigia = new Vigia({ url })
  await vigia.update(id, { title: 'Reunión de ventas', speaker_names: { S1: 'Laura', S2: 'Andrés' }, consent: 'given' })
  await vigia.updateTask(id, (await vigia.report(id)).action_items[0]!.id, { status: 'done' })
  for (const name of ['es-01-reunion', 'es-04-tareas'] as const) await makeSession(url, name)
  for (const [size, viewport] of Object.entries(SIZES)) {
    if (only && only !== size) continue
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context } = await openPage(browser, { viewport, colorScheme })
      const shot = async (name: string): Promise<void> => {
        await page.waitForTimeout(600)
        await page.screenshot({ path: path.join(folder, `${name}-${size}-${colorScheme}.png`) })
      }
      await shots(page, id, shot, size === 'phone')
      await context.close()
    }
  }
} finally {
  await browser.close()
  await server[Symbol.asyncDispose]()
  await rm(camera, { force: true })
}

async function shots(page: Page, id: string, shot: (name: string) => Promise<void>, isPhone: boolean): Promise<void> {
  await page.goto(`${url}/#/`)
  await page.locator('.record').waitFor()
  await shot('start')
  await page.getByRole('checkbox', { name: /Cámara/ }).check()
  await page.getByRole('checkbox', { name: /Asistente/ }).check()
  await page.getByRole('button', { name: 'Empezar a escuchar' }).click()
  await page.locator('.captions').getByText('facturas').waitFor()
  await page.locator('.photo-strip figcaption').waitFor()
  await page.getByRole('textbox', { name: 'Escribe al asistente' }).fill('¿qué hora es?')
  await page.keyboard.press('Enter')
  await page.locator('.waterfall').waitFor()
  await page.locator('.reply.done').getByText('Son las').waitFor()
  await shot('live')
  await page.getByRole('button', { name: 'Terminar' }).click()
  await page.getByRole('button', { name: 'Abrir el informe' }).waitFor()
  await shot('live-done')
  await page.goto(`${url}/#/sessions`)
  await page.locator('.session-row').first().waitFor()
  await shot('list')
  await page.goto(`${url}/#/sessions/${id}`)
  await page.locator('.segment').first().waitFor()
  await shot('session')
  if (isPhone) await page.getByRole('tab', { name: 'Informe' }).click()
  await page.locator('.report').waitFor()
  await shot('report')
  if (isPhone) {
    await page.getByRole('tab', { name: 'Fotos' }).click()
    await shot('photos')
    await page.getByRole('tab', { name: 'Transcripción' }).click()
  }
  await page.locator('.segment').first().hover()
  await page.locator('.segment').first().getByRole('button', { name: 'Corregir texto' }).click({ force: true })
  await shot('edit')
  await page.keyboard.press('Escape')
  await page.goto(`${url}/#/system`)
  await page.locator('.engines').waitFor()
  await page.getByRole('button', { name: 'Comprobar' }).click()
  await page.locator('.doctor dl').waitFor()
  await page.evaluate(() => scrollTo(0, 0))
  await shot('system')
  await page.locator('.doctor').scrollIntoViewIfNeeded()
  await shot('doctor')
  await page.goto(`${url}/#/pair`)
  await page.locator('.qr, .banner').first().waitFor()
  await shot('pair')
  await page.goto(`${url}/#/voices`)
  await page.locator('.voices').waitFor()
  await shot('voices')
}
