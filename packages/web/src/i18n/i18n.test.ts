import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { es } from './es.ts'

const PAGES = path.join(import.meta.dirname, 'es')

it('has each text in the file of one page: a second one would hide the first', async () => {
  const pages = await Promise.all(readdirSync(PAGES).map((file) => import(path.join(PAGES, file)) as Promise<object>))
  const keys = pages.flatMap((page) => Object.values(page).flatMap((texts: object) => Object.keys(texts)))
  expect(keys.length).toBeGreaterThan(300)
  expect(keys.toSorted()).toEqual(Object.keys(es).toSorted())
})
