import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examplesOf } from '../packages/client/test/examples.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { hasChromium, launch, openPage } from './helpers/browser.ts'
import { writeVideo } from './helpers/video.ts'

/** The example app, and the examples of docs/client.md that need a browser, as they stand. */

const [microphone, assistant] = examplesOf(readFileSync(path.join(import.meta.dirname, '../docs/client.md'), 'utf8'), 'Chromium')

describe.skipIf(!hasChromium)('examples in Chromium (skipped where it is not installed)', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    await buildWeb({ ifStale: true })
    folder = await mkdtemp(path.join(tmpdir(), 'vigia-e2e-'))
    await writeVideo(path.join(folder, 'camera.y4m'))
    server = await startTestServer()
    browser = await launch('es-04-tareas', path.join(folder, 'camera.y4m'))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  /** Runs an example in a page of the server with the client as it is served to plain pages. */
  async function run(page: Page, example: string, after: string): Promise<unknown> {
    await page.goto(`${server.url}/app/examples/plain/index.html`)
    return page.evaluate(`(async () => {
      const { openCamera, openMicrophone, openPlayer, PhotoQueue, Vigia } = await import('/app/sdk/vigia-client.js')
      const levels = []
      const meter = (level) => levels.push(level)
      ${example}
      ${after}
    })()`)
  }

  it('the plain app captions the microphone and shows the report', async () => {
    const { page, context, complaints } = await openPage(browser)
    await page.goto(`${server.url}/app/examples/plain/index.html`)
    await page.locator('#start').click()
    await page.locator('#captions').getByText('facturas').waitFor()
    await page.locator('#end').click()
    await page
      .locator('#report')
      .getByText(/☐ .*«.*facturas/)
      .waitFor()
    expect(complaints).toEqual([])
    await context.close()
  }, 150_000)

  it('the microphone of the docs is heard, and its muted time is a gap', async () => {
    const { page, context } = await openPage(browser)
    const after = `
      await new Promise((resolve) => setTimeout(resolve, 300))
      microphone.mute(false)
      await live.ready
      while (live.progress.confirmedBytes === 0) await new Promise((resolve) => setTimeout(resolve, 50))
      await microphone.stop()
      await live.end()
      return { id: live.sessionId, levels: levels.length }`
    const { id, levels } = (await run(page, microphone!, after)) as { id: string; levels: number }
    expect(levels).toBeGreaterThan(0)
    expect((await server.store.sessions.get(id))!.receivedBytes).toBeGreaterThan(0)
    expect((await server.store.audio.gaps(id)).map(({ reason }) => reason)).toContain('muted')
    await context.close()
  }, 150_000)

  it('the assistant of the docs is heard to the end, and sees a photo', async () => {
    const { page, context } = await openPage(browser)
    const logged: string[] = []
    page.on('console', (message) => logged.push(message.text()))
    const after = `
      const traced = new Promise((resolve) => live.on('turn_trace', resolve))
      const done = await new Promise((resolve) => live.on('reply_done', resolve))
      await traced
      while (photos.length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
      await player.close()
      camera.stop()
      live.close()
      return done.text`
    expect(await run(page, assistant!, after)).toMatch(/^Son las /)
    expect(logged.join('\n')).toMatch(/answered after [\d.]+ s/)
    expect(logged.some((line) => line.length > 20 && !line.startsWith('answered'))).toBe(true) // what the photo shows
    await context.close()
  }, 150_000)
})
