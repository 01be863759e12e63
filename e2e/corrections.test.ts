import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Vigia } from '../packages/client/src/index.ts'
import { startTestServer } from '../packages/server/test/helpers/test-server.ts'
import { buildWeb } from '../packages/web/build.ts'
import { audioFile, hasChromium, launch, openPage } from './helpers/browser.ts'
import { makeSession } from './helpers/sessions.ts'

describe.skipIf(!hasChromium)('corrections in Chromium (skipped where it is not installed)', () => {
  let server: Awaited<ReturnType<typeof startTestServer>>
  let browser: Browser
  let vigia: Vigia
  let id: string

  beforeAll(async () => {
    await buildWeb({ ifStale: true })
    server = await startTestServer()
    browser = await launch('es-04-tareas')
    vigia = new Vigia({ url: server.url })
    id = await makeSession(server.url)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await server?.[Symbol.asyncDispose]()
  })

  const undo = (page: Page) => page.locator('.notice').getByRole('button', { name: 'Deshacer' })
  /** Opens the session and starts to correct the line with these words. */
  async function openLine(page: Page, words: string): Promise<void> {
    await page.goto(`${server.url}/#/sessions/${id}`)
    const line = page.locator('.segment', { hasText: words }).first()
    await line.hover()
    await line.getByRole('button', { name: 'Corregir texto' }).click()
  }

  it('keeps a name, a ticked task and a corrected text over a reload', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.locator('.people .speaker').first().click()
    await page.getByRole('dialog').getByRole('textbox').fill('Directora')
    await page.getByRole('dialog').getByRole('button', { name: 'Guardar' }).click()
    await page.locator('.people').getByText('Directora').first().waitFor()
    await page.locator('.task input').first().check()
    await page.locator('.task.done').waitFor()
    await openLine(page, 'buenos días carlos')
    await page.getByRole('textbox', { name: 'Corregir texto' }).fill('<img src=x onerror=alert(1)><b>Hola</b> mundo zafiro')
    await page.keyboard.press('Enter')
    await page.getByText('corregido', { exact: true }).waitFor()
    await page.reload()
    await page.locator('.people').getByText('Directora').first().waitFor()
    expect(await page.locator('.task input').first().isChecked()).toBe(true)
    // what somebody said stays text
    expect(await page.locator('.segment').first().textContent()).toContain('<img src=x onerror=alert(1)>')
    expect(await page.locator('.segment b, .segment img').count()).toBe(0)
    await context.close()
  }, 150_000)

  it('takes a corrected text back, with the words and times it had', async () => {
    const { page, context } = await openPage(browser)
    const lineOf = async () =>
      (await vigia.transcript(id)).transcript.find(({ text }) => /batería dura muy poco|fue otra cosa/.test(text))!
    const before = await lineOf()
    await openLine(page, 'batería dura muy poco')
    await page.getByRole('textbox', { name: 'Corregir texto' }).fill('fue otra cosa')
    await page.keyboard.press('Enter')
    await page.locator('.segment').getByText('fue otra cosa').waitFor()
    expect(await lineOf()).toMatchObject({ text: 'fue otra cosa', edited: true })
    await undo(page).click()
    await page.locator('.segment').getByText('batería').first().waitFor()
    expect(await lineOf()).toEqual(before)
    await context.close()
  }, 150_000)

  it('cuts a line where the caret stands, and joins it again', async () => {
    const { page, context } = await openPage(browser)
    const linesNow = async () => (await vigia.transcript(id)).transcript.map(({ text, words }) => [text, words?.length])
    const before = await linesNow()
    await openLine(page, 'batería dura muy poco')
    await page.getByRole('textbox', { name: 'Corregir texto' }).focus()
    await page.keyboard.press('Control+Home')
    for (const _ of 'buenos días elena la cá') await page.keyboard.press('ArrowRight')
    await page.getByText('corta antes de «cámara»').waitFor()
    await page.getByRole('button', { name: 'Cortar' }).click()
    await page.locator('.notice').getByText('Frase cortada en dos').waitFor()
    await page.locator('.segment .text', { hasText: /^cámara ya funciona/ }).waitFor()
    expect(await linesNow()).toHaveLength(before.length + 1)
    await undo(page).click()
    await page.locator('.segment .text', { hasText: /la cámara ya funciona/ }).waitFor()
    expect(await linesNow()).toEqual(before)

    await openLine(page, 'batería dura muy poco')
    await page.getByRole('button', { name: 'Unir con la siguiente' }).click()
    await page.locator('.notice').getByText('Frases unidas').waitFor()
    expect(await linesNow()).toHaveLength(before.length - 1)
    await page.keyboard.press('u')
    await page.locator('.notice').waitFor({ state: 'detached' })
    await expect.poll(linesNow, { timeout: 45_000 }).toEqual(before)
    await context.close()
  }, 150_000)

  it('takes a merge of two people back', async () => {
    const { page, context } = await openPage(browser)
    const who = async () => (await vigia.transcript(id)).transcript.map(({ speaker }) => speaker)
    const before = await who()
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.locator('.people .speaker').nth(1).click()
    await page.getByRole('dialog').getByRole('button', { name: /^Unir/ }).click()
    await page.locator('.notice').getByText('Personas unidas').waitFor()
    expect(new Set(await who()).size).toBe(1)
    await undo(page).click()
    await page.locator('.people .speaker').nth(1).waitFor()
    expect(await who()).toEqual(before)
    await context.close()
  }, 150_000)

  it('dismisses a decision with a reason, and brings it back', async () => {
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${id}`)
    const decisions = page.locator('.findings.decision')
    await decisions
      .getByRole('button', { name: /^Descartar/ })
      .first()
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'No es una decisión' }).click()
    await decisions.getByText('Descartadas (1)').waitFor()
    expect((await vigia.report(id)).findings.find(({ status }) => status === 'dismissed')).toMatchObject({
      kind: 'decision',
      dismissed_because: 'No es una decisión',
    })
    await page.reload()
    await decisions.getByText('Descartadas (1)').click()
    await decisions.getByRole('button', { name: 'Recuperar' }).click()
    await decisions.getByText('Descartadas (1)').waitFor({ state: 'detached' })
    expect((await vigia.report(id)).findings.some(({ status }) => status === 'dismissed')).toBe(false)
    await context.close()
  }, 150_000)

  it('makes a task of a suggestion by keyboard, takes that back, and dismisses it', async () => {
    const [task] = (await vigia.report(id)).action_items
    await vigia.updateTask(id, task!.id, { suggested: true })
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions/${id}`)
    const suggestions = page.getByRole('region', { name: 'Posibles tareas, sin confirmar' })
    const tasks = page.getByRole('region', { name: 'Tareas', exact: true })
    await suggestions.getByText(task!.title).waitFor()
    await suggestions.getByRole('button', { name: `Convertir en tarea: ${task!.title}` }).focus()
    await page.keyboard.press('Enter')
    await tasks.getByRole('checkbox', { name: task!.title }).waitFor()
    expect((await vigia.report(id)).action_items.at(-1)).toMatchObject({ id: task!.id, origin: 'user' })
    await undo(page).click()
    await suggestions.getByText(task!.title).waitFor()
    await suggestions.getByRole('button', { name: `Descartar: ${task!.title}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'No es una tarea' }).click()
    await tasks.getByText('Descartadas (1)').waitFor()
    await suggestions.waitFor({ state: 'detached' })
    expect((await vigia.report(id)).suggested_actions).toMatchObject([{ id: task!.id, status: 'dismissed' }])
    await context.close()
  }, 150_000)

  it('copies a selection of lines with who and when', async () => {
    const { page, context } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`${server.url}/#/sessions/${id}`)
    await page.locator('.segment').nth(2).waitFor()
    await page.evaluate(() => {
      const lines = document.querySelectorAll('.segment .text')
      getSelection()!.setBaseAndExtent(lines[1]!, 0, lines[2]!, 1)
    })
    await page.keyboard.press('Control+c')
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied.split('\n')).toHaveLength(2)
    expect(copied).toMatch(/^\[0:0\d\] [^:]+: .*batería dura muy poco\n\[0:1\d\] /)
    await page.getByRole('button', { name: 'Copiar transcripción' }).click()
    await page.getByRole('dialog').getByLabel('con tiempos').uncheck()
    await page.getByRole('dialog').getByRole('button', { name: 'Copiar' }).click()
    await page.locator('.notice').getByText('Copiado').waitFor()
    const all = await page.evaluate(() => navigator.clipboard.readText())
    expect(all).not.toContain('[0:')
    expect(all.split('\n')).toHaveLength((await vigia.transcript(id)).transcript.length)
    await context.close()
  }, 150_000)

  it('deletes a session after saying what goes, once the time to undo is over', async () => {
    const { session_id } = await vigia.upload(new Blob([readFileSync(audioFile('es-01-reunion'))]), { name: 'a.wav' })
    const { page, context } = await openPage(browser)
    const erase = async (): Promise<void> => {
      await page.goto(`${server.url}/#/sessions/${session_id}`)
      await page.locator('.segment').first().waitFor()
      await page.getByRole('button', { name: 'Borrar sesión' }).click()
      expect(await page.getByRole('dialog').textContent()).toMatch(/grabación.*frases.*fotos.*informe/)
      await page.getByRole('dialog').getByRole('button', { name: 'Borrar sesión' }).click()
      await page.waitForURL(/#\/sessions$/)
      await page.locator('.session-row').first().waitFor()
    }
    const row = page.locator(`.session-row[href*="${session_id}"]`)
    await erase()
    expect(await row.count()).toBe(0)
    await undo(page).click()
    await row.waitFor()
    expect((await fetch(`${server.url}/sessions/${session_id}`)).status).toBe(200)
    await erase()
    expect((await fetch(`${server.url}/sessions/${session_id}`)).status).toBe(200)
    await page.locator('.notice').getByRole('button', { name: 'Cerrar' }).click()
    await expect.poll(async () => (await fetch(`${server.url}/sessions/${session_id}`)).status, { timeout: 45_000 }).toBe(404)
    await context.close()
  }, 150_000)

  it('filters by person, and keeps a search', async () => {
    await vigia.update(id, { speaker_names: { S1: 'Zoraida' } })
    await makeSession(server.url, 'es-01-reunion')
    const { page, context } = await openPage(browser)
    await page.goto(`${server.url}/#/sessions`)
    await expect.poll(() => page.locator('.session-row').count(), { timeout: 45_000 }).toBe(2)
    await page.getByRole('combobox', { name: 'Personas' }).selectOption('Zoraida')
    await expect.poll(() => page.locator('.session-row').count(), { timeout: 45_000 }).toBe(1)
    await page.getByRole('button', { name: 'Guardar esta búsqueda' }).click()
    await page.getByRole('combobox', { name: 'Personas' }).selectOption('')
    await expect.poll(() => page.locator('.session-row').count(), { timeout: 45_000 }).toBe(2)
    await page.reload()
    await page.locator('.kept-searches').getByRole('link', { name: 'Zoraida' }).click()
    await expect.poll(() => page.locator('.session-row').count(), { timeout: 45_000 }).toBe(1)
    // inside a session: the lines of one person
    await page.locator('.session-row').click()
    const lines = page.locator('.transcript .segment')
    await lines.first().waitFor()
    await page.getByRole('combobox', { name: 'Mostrar solo a' }).selectOption('S1')
    await expect
      .poll(() => page.locator('.transcript .speaker').allTextContents(), { timeout: 45_000 })
      .toEqual([expect.stringContaining('Zoraida')])
    expect(await lines.count()).toBeGreaterThan(1)
    await context.close()
  }, 150_000)
})
